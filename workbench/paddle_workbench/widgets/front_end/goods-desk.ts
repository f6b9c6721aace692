import type { ITranslation } from './base/translation';
import { defineWidget } from './base/widget';
import { DeskFrame } from './desk/desk-frame';
import { HelpSheet } from './desk/help-sheet';
import { ItemList } from './desk/item-list';
import { PageCanvas } from './desk/page-canvas';
import { BoxActions } from './goods-desk/box-actions';
import type { Action, BoxAction } from './goods-desk/box-keys';
import { actionOf, keyHelp } from './goods-desk/box-keys';
import { boxLook } from './goods-desk/box-look';
import { BoxRow } from './goods-desk/box-row';
import type { IDeskBox, IGoodsTraits } from './goods-desk/box-state';
import { BoxState } from './goods-desk/box-state';
import { ClassForm } from './goods-desk/class-form';
import { ClassLegend } from './goods-desk/class-legend';
import { GoodsBar } from './goods-desk/goods-bar';
import { freshId } from './text/elements';
import chinese from './goods-desk.zh.json';

export default defineWidget<IGoodsTraits>(chinese, drawing => {
  const { model, trans, signal } = drawing;
  const state = new BoxState(model);
  const draw = (): void => {
    frame.draw();
  };
  const canvas = new PageCanvas({
    state,
    look: boxLook(state),
    label: trans.__('The picture with its boxes'),
    signal,
    onChange: draw
  });
  const reveal = (): void => {
    canvas.reveal();
    draw();
  };
  const list = new ItemList({
    state,
    label: trans.__('Boxes'),
    id: freshId('pw-goods'),
    signal,
    makeRow: () => new BoxRow(state),
    isListed: () => true,
    onSelect: reveal,
    onOpen: () => {
      canvas.fitItem();
      draw();
    }
  });
  const focusList = (): void => {
    list.node.focus({ preventScroll: true });
  };
  const sheet = new HelpSheet(keyHelp(trans), trans, signal, focusList);
  const run = (action: Action): void => {
    actions.run(action);
    draw();
  };
  const form = new ClassForm({
    state,
    trans,
    signal,
    showMessage: text => {
      frame.showMessage(text);
    },
    onLeave: () => {
      focusList();
      draw();
    }
  });
  const legend = new ClassLegend({
    state,
    trans,
    signal,
    action: run,
    onChoose: label => {
      state.choose(label);
      draw();
    },
    onLeave: focusList
  });
  const actions = new BoxActions({
    state,
    canvas,
    form,
    trans,
    showMessage: text => {
      frame.showMessage(text);
    },
    edit: () => {
      legend.focus();
    },
    help: () => {
      sheet.toggle();
    }
  });
  const bar = new GoodsBar({ state, trans, signal, action: run });
  const frame = new DeskFrame<IDeskBox, BoxAction, IGoodsTraits, BoxState>({
    drawing,
    label: trans.__('Goods desk'),
    state,
    canvas,
    actions,
    sheet,
    bar,
    side: [legend, form, list],
    traits: ['boxes', 'classes', 'counts', 'classes_changed'],
    actionOf,
    placeholder: () => placeholderText(state, trans),
    summary: () => summaryTexts(state, trans)
  });
  return undefined;
});

/** The text to show if the picture has no boxes or cannot be shown; otherwise empty. */
function placeholderText(state: BoxState, trans: ITranslation): string {
  if (state.page?.failure) {
    return state.page.failure;
  }
  return state.items.length === 0 && state.draft === null
    ? trans.__('There are no boxes on this picture. Press b to draw one.')
    : '';
}

/** What the file does not have as it is on the desk. */
function summaryTexts(state: BoxState, trans: ITranslation): string[] {
  const changed = state.get('pages').filter(page => page.changed).length;
  const name = state.get('file').split(/[\\/]/).at(-1) ?? '';
  const hasClasses = state.get('classes_changed');
  if (changed === 0) {
    return [
      hasClasses
        ? trans.__('not yet saved to %1 (key S): classes', name)
        : trans.__('nothing to save to %1', name)
    ];
  }
  return [
    hasClasses
      ? trans.__(
          'not yet saved to %1 (key S): pictures %2, and classes',
          name,
          changed
        )
      : trans.__('not yet saved to %1 (key S): pictures %2', name, changed)
  ];
}
