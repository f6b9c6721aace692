import type { ITranslation } from './base/translation';
import { defineWidget } from './base/widget';
import { DeskActs } from './ocr-desk/desk-acts';
import { actOf } from './ocr-desk/desk-keys';
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
    const said = make('span', 'pw-Text-note');
    said.setAttribute('aria-live', 'polite');
    const saved = make('span', 'pw-Text-note pw-OcrDesk-saved');
    const say = (text: string): void => {
      said.textContent = text;
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
      onLeave: taken => {
        if (taken) {
          acts.goOn();
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
    const acts = new DeskActs({
      state,
      canvas,
      trans,
      say,
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
      act: act => {
        acts.run(act);
        draw();
      }
    });
    const empty = make('div', 'pw-OcrDesk-empty');
    const page = make('div', 'pw-OcrDesk-page');
    page.append(canvas.node, empty, sheet.node);
    const side = make('div', 'pw-OcrDesk-side');
    side.append(editor.node, list.node);
    const middle = make('div', 'pw-OcrDesk-middle');
    middle.append(page, side);
    const foot = make('div', 'pw-OcrDesk-foot');
    foot.append(saved, said);
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
      empty.textContent = emptiness(state, trans);
      empty.hidden = empty.textContent === '';
      saved.textContent = standingOf(state, trans);
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
        const drawn = acts.draw(event);
        const act = drawn ? undefined : actOf(event);
        // JupyterLab would take plain keys for commands: d d deletes the cell.
        if (!event.ctrlKey && !event.metaKey && event.key !== 'Tab') {
          event.stopPropagation();
        }
        if (!drawn && act === undefined) {
          return;
        }
        event.preventDefault();
        event.stopPropagation();
        if (act === 'leave' && sheet.toggle(false)) {
          return;
        }
        if (act !== undefined) {
          say('');
          acts.run(act);
        }
        draw();
      },
      { signal }
    );

    let notices = '';
    const tell = (): void => {
      const told = model.get('notices').join(' ');
      if (told !== notices) {
        notices = told;
        say(told);
      }
    };
    for (const name of TRAITS) {
      onChange(name, () => {
        const before = state.selected;
        state.refresh();
        if (state.selected !== before) {
          canvas.reveal();
        }
        tell();
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
    tell();
    draw();
    return undefined;
  }
);

/** Why there is nothing to see; empty if there is something. */
function emptiness(state: DeskState, trans: ITranslation): string {
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

/** What is on disk, what is left to do, and what recognition took. */
function standingOf(state: DeskState, trans: ITranslation): string {
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
