import type { ITranslation } from './base/translation';
import { defineWidget } from './base/widget';
import { DeskFrame } from './desk/desk-frame';
import { HelpSheet } from './desk/help-sheet';
import { ItemList } from './desk/item-list';
import { PageCanvas } from './desk/page-canvas';
import type { LineAction } from './ocr-desk/desk-keys';
import { actionOf, keyHelp } from './ocr-desk/desk-keys';
import type { IDeskLine } from './ocr-desk/desk-lines';
import { statusOf } from './ocr-desk/desk-lines';
import { LineActions } from './ocr-desk/line-actions';
import { LineEditor } from './ocr-desk/line-editor';
import { lineLook } from './ocr-desk/line-look';
import { LineRow } from './ocr-desk/line-row';
import type { IOcrTraits } from './ocr-desk/line-state';
import { LineState } from './ocr-desk/line-state';
import { ToolBar } from './ocr-desk/tool-bar';
import { freshId } from './text/elements';
import chinese from './ocr-desk.zh.json';

export default defineWidget<IOcrTraits>(chinese, drawing => {
  const { model, trans, signal } = drawing;
  const state = new LineState(model);
  const draw = (): void => {
    frame.draw();
  };
  const canvas = new PageCanvas({
    state,
    look: lineLook(state),
    label: trans.__('The image with its line boxes'),
    signal,
    onChange: draw
  });
  const list = new ItemList({
    state,
    label: trans.__('Lines'),
    id: freshId('pw-desk'),
    signal,
    makeRow: () => new LineRow(state, trans),
    isListed: line =>
      !state.get('only_doubtful') ||
      statusOf(line, state.get('doubt_below')) === 'doubtful',
    onSelect: () => {
      canvas.reveal();
      draw();
    },
    onOpen: () => {
      state.mode = 'edit';
      canvas.reveal();
      editor.begin();
      draw();
    }
  });
  const focusList = (): void => {
    list.node.focus({ preventScroll: true });
  };
  const editor = new LineEditor({
    state,
    trans,
    signal,
    onLeave: isSaved => {
      if (isSaved) {
        actions.goToDoubtful();
      }
      focusList();
      draw();
    },
    onBlur: draw
  });
  const sheet = new HelpSheet(keyHelp(trans), trans, signal, focusList);
  const drawEditor = (): void => {
    editor.draw(canvas.picture);
  };
  const actions = new LineActions({
    state,
    canvas,
    trans,
    showMessage: text => {
      frame.showMessage(text);
    },
    edit: () => {
      drawEditor();
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
  const frame = new DeskFrame<IDeskLine, LineAction, IOcrTraits, LineState>({
    drawing,
    label: trans.__('OCR desk'),
    state,
    canvas,
    actions,
    sheet,
    bar,
    side: [{ node: editor.node, draw: drawEditor }, list],
    traits: ['lines', 'doubt_below', 'only_doubtful', 'running'],
    actionOf,
    placeholder: () => placeholderText(state, trans),
    summary: () => summaryTexts(state, trans)
  });
  return undefined;
});

/** The text to show if the page has no lines or no picture; otherwise empty. */
function placeholderText(state: LineState, trans: ITranslation): string {
  const page = state.page;
  if (page?.state === 'failed') {
    return page.failure;
  }
  if (page?.state === 'waiting') {
    return trans.__('This page has not been recognised yet.');
  }
  return state.items.length === 0
    ? page?.state === 'done'
      ? ''
      : trans.__(
          'No text was found on this page. Press b to draw a box, or A if there is none.'
        )
    : '';
}

/** The number of checked lines, and the time per page. */
function summaryTexts(state: LineState, trans: ITranslation): string[] {
  const parts = [];
  const { page } = state;
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
  return parts;
}
