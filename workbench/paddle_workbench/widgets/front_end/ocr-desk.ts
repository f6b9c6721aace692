import type { ITranslation } from './base/translation';
import { defineWidget } from './base/widget';
import { DeskActions } from './ocr-desk/desk-actions';
import { actionOf } from './ocr-desk/desk-keys';
import type { IDeskTraits } from './ocr-desk/desk-state';
import { DeskState } from './ocr-desk/desk-state';
import { HelpSheet } from './ocr-desk/help-sheet';
import { KernelWatch } from './ocr-desk/kernel-watch';
import { LineEditor } from './ocr-desk/line-editor';
import { LineList } from './ocr-desk/line-list';
import { PageCanvas } from './ocr-desk/page-canvas';
import { ToolBar } from './ocr-desk/tool-bar';
import chinese from './ocr-desk.zh.json';
import { make } from './text/elements';

const TRAITS = [
  'pages',
  'shown',
  'lines',
  'can_undo',
  'doubt_below',
  'only_doubtful',
  'running',
  'notices',
  'failure',
  'answered'
] as const;

let count = 0;

export default defineWidget<IDeskTraits>(
  chinese,
  ({ model, root, trans, signal, onChange }) => {
    root.classList.add('pw-OcrDesk');
    root.setAttribute('role', 'region');
    root.setAttribute('aria-label', trans.__('OCR desk'));
    const state = new DeskState(model);
    const watch = new KernelWatch(state, signal, () => {
      draw();
    });

    const failure = make('div', 'pw-Widget-failure');
    failure.setAttribute('role', 'alert');
    const message = make('span', 'pw-Text-note');
    message.setAttribute('aria-live', 'polite');
    const summary = make('span', 'pw-Text-note pw-OcrDesk-summary');
    const showMessage = (text: string): void => {
      message.textContent = text;
    };

    const canvas = new PageCanvas({
      state,
      label: trans.__('The image with its line boxes'),
      signal,
      onChange: () => {
        draw();
      }
    });
    const list = new LineList(
      state,
      trans,
      `pw-desk-${++count}`,
      signal,
      () => {
        canvas.reveal();
        if (state.mode === 'edit') {
          editor.begin();
        }
        draw();
      }
    );
    const editor = new LineEditor({
      state,
      trans,
      signal,
      onLeave: isSaved => {
        if (isSaved) {
          actions.goToDoubtful();
        }
        list.node.focus({ preventScroll: true });
        draw();
      },
      onBlur: () => {
        draw();
      }
    });
    const sheet = new HelpSheet(trans, signal, () => {
      list.node.focus({ preventScroll: true });
    });
    const actions = new DeskActions({
      state,
      canvas,
      trans,
      showMessage,
      edit: () => {
        editor.draw(canvas.picture);
        editor.begin();
      },
      help: () => {
        sheet.toggle();
      }
    });
    const bar = new ToolBar({
      state,
      trans,
      signal,
      action: action => {
        actions.run(action);
        draw();
      }
    });
    const placeholder = make('div', 'pw-OcrDesk-empty');
    const page = make('div', 'pw-OcrDesk-page');
    page.append(canvas.node, placeholder, sheet.node);
    const side = make('div', 'pw-OcrDesk-side');
    side.append(editor.node, list.node);
    const middle = make('div', 'pw-OcrDesk-middle');
    middle.append(page, side);
    const foot = make('div', 'pw-OcrDesk-foot');
    foot.append(summary, message);
    root.append(bar.node, failure, middle, foot);

    const draw = (): void => {
      bar.draw();
      list.draw();
      editor.draw(canvas.picture);
      canvas.draw();
      watch.look();
      const failed = watch.silent
        ? trans.__(
            'The kernel is not responding: %1 edits are not saved. Is it running, or busy with a cell?',
            state.pending
          )
        : model.get('failure');
      failure.hidden = failed === '';
      if (failure.textContent !== failed) {
        failure.textContent = failed;
      }
      placeholder.textContent = placeholderText(state, trans);
      placeholder.hidden = placeholder.textContent === '';
      summary.textContent = summaryText(state, trans);
    };

    root.addEventListener(
      'keydown',
      event => {
        const target = event.target as HTMLElement;
        if (
          target.matches('input, select') ||
          (target.matches('button') && ['Enter', ' '].includes(event.key))
        ) {
          event.stopPropagation();
          return;
        }
        const drawn = actions.draw(event);
        const action = drawn ? undefined : actionOf(event);
        // JupyterLab would take plain keys for commands: d d deletes the cell.
        if (!event.ctrlKey && !event.metaKey && event.key !== 'Tab') {
          event.stopPropagation();
        }
        if (!drawn && action === undefined) {
          return;
        }
        event.preventDefault();
        event.stopPropagation();
        if (action === 'leave' && sheet.toggle(false)) {
          return;
        }
        if (action !== undefined) {
          showMessage('');
          actions.run(action);
        }
        draw();
      },
      { signal }
    );

    let notices = '';
    const showNotices = (): void => {
      const text = model.get('notices').join(' ');
      if (text !== notices) {
        notices = text;
        showMessage(text);
      }
    };
    for (const name of TRAITS) {
      onChange(name, () => {
        const before = state.selected;
        state.refresh();
        if (state.selected !== before) {
          canvas.reveal();
        }
        showNotices();
        draw();
      });
    }
    const show = (): void => {
      canvas.setPicture(model.get('picture')).catch((error: unknown) => {
        failure.hidden = false;
        failure.textContent = String(error);
      });
    };
    onChange('picture', show);
    show();
    showNotices();
    draw();
    return undefined;
  }
);

/** The text to show if the page has no lines or no picture; otherwise empty. */
function placeholderText(state: DeskState, trans: ITranslation): string {
  const page = state.page;
  if (page?.state === 'failed') {
    return page.failure;
  }
  if (page?.state === 'waiting') {
    return trans.__('This page has not been recognised yet.');
  }
  return state.lines.length === 0
    ? page?.state === 'done'
      ? ''
      : trans.__(
          'No text was found on this page. Press b to draw a box, or A if there is none.'
        )
    : '';
}

/** The state of saving, the number of checked lines, and the time per page. */
function summaryText(state: DeskState, trans: ITranslation): string {
  const parts = [
    state.pending > 0
      ? trans.__('Saving %1 …', state.pending)
      : trans.__('✓ Saved')
  ];
  const page = state.page;
  if (page && page.lines > 0) {
    parts.push(
      trans.__(
        '%1 of %2 lines checked',
        page.lines - page.unchecked,
        page.lines
      )
    );
  }
  const seconds = state.get('seconds_a_page');
  if (seconds > 0) {
    parts.push(trans.__('%1 s per page', seconds.toFixed(2)));
  }
  parts.push(trans.__('Press ? for keyboard shortcuts'));
  return parts.join('  ·  ');
}
