import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

/** What rows do; the same object for every row, so that rows are not drawn again. */
export interface IRowCallbacks {
  cancel: (ids: readonly string[]) => void;
  check: (key: string) => void;
  focus: (key: string) => void;
  openNotebook: (id: string) => void;
  openReport: (id: string) => void;
  show: (key: string) => void;
  toggle: (group: string) => void;
}

export interface IRowProps {
  /** From the top of the list, in em. */
  top: number;
  height: number;
  /** Its position in the list, from 1. */
  index: number;
  isChecked: boolean;
  /** Whether its details are shown. */
  isShown: boolean;
  isTabStop: boolean;
  /** The key of the row. */
  name: string;
  on: IRowCallbacks;
  trans: TranslationBundle;
}

interface IFrameProps extends IRowProps {
  isExpanded?: boolean;
  level: 1 | 2;
  state: string;
}

/** The frame of a row: its place, its checkbox, and its role. */
export function Row(
  props: React.PropsWithChildren<IFrameProps>
): React.JSX.Element {
  const { height, isChecked, level, name, on, state, top, trans } = props;
  return (
    <div
      className="pw-RunRow"
      role="row"
      aria-expanded={props.isExpanded}
      aria-level={level}
      aria-rowindex={props.index}
      aria-selected={isChecked}
      aria-current={props.isShown ? 'true' : undefined}
      data-key={name}
      data-level={level}
      data-state={state}
      style={{ height: `${height}em`, top: `${top}em` }}
      tabIndex={props.isTabStop ? 0 : -1}
      onClick={() => {
        on.show(name);
      }}
      onFocus={event => {
        if (event.target === event.currentTarget) {
          on.focus(name);
        }
      }}
    >
      <div className="pw-RunRow-check" role="gridcell">
        <input
          type="checkbox"
          checked={isChecked}
          tabIndex={-1}
          aria-label={trans.__('Select')}
          title={trans.__('Select to compare, repeat or delete')}
          onChange={() => {
            on.check(name);
          }}
          onClick={event => {
            event.stopPropagation();
          }}
        />
      </div>
      <div className="pw-RunRow-body" role="gridcell">
        {props.children}
      </div>
    </div>
  );
}
