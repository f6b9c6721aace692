import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { IRowProps } from './row';
import { Row } from './row';
import type { IRunFamily, ISpread } from './run-rows';
import { spreadsOf } from './run-rows';
import type { RunState } from './run-state';
import { RUN_STATES, stateSign, stateText } from './run-state';
import { notebookName, valueText } from './run-text';

/** Further metrics are in the details. */
const SHOWN_METRICS = 2;

/** The height of the row of a sweep, in em. */
export const GROUP_ROW_HEIGHT = 4.1;

interface IGroupRowProps extends IRowProps {
  family: IRunFamily;
  isOpen: boolean;
}

/** A sweep in the list, which expands to its runs. */
export const GroupRow = React.memo(
  function GroupRow(props: IGroupRowProps): React.JSX.Element {
    const { family, isOpen, on, trans } = props;
    const { group, runs } = family;
    const Caret = isOpen ? caretDownIcon : caretRightIcon;
    const spreads = spreadsOf(runs).slice(0, SHOWN_METRICS);
    const [first] = runs;
    return (
      <Row {...props} isExpanded={isOpen} level={1} state="group">
        <div className="pw-RunRow-line">
          <span
            className="pw-RunRow-caret"
            aria-hidden="true"
            onClick={event => {
              event.stopPropagation();
              on.toggle(group.id);
            }}
          >
            <Caret.react tag="span" />
          </span>
          <span className="pw-RunRow-title">{groupTitle(family, trans)}</span>
          <span className="pw-RunRow-number">
            <StateCounts family={family} trans={trans} />
          </span>
        </div>
        <div className="pw-RunRow-line pw-mod-second">
          <span className="pw-RunRow-facts">
            {[
              ...spreads.map(spreadText),
              first ? notebookName(first.run.notebook) : ''
            ]
              .filter(Boolean)
              .join(' · ')}
          </span>
        </div>
      </Row>
    );
  },
  (before, after) =>
    isSameFamily(before.family, after.family) && hasSameProps(before, after)
);

/** What a sweep is called. */
export function groupTitle(
  { group }: IRunFamily,
  trans: TranslationBundle
): string {
  return trans.__('Sweep over %1', group.axes.join(', '));
}

/** A mean with its spread, such as `accuracy 0.861 ± 0.012`. */
export function spreadText({ deviation, mean, name }: ISpread): string {
  return deviation === null
    ? `${name} ${valueText(mean)}`
    : `${name} ${valueText(mean)} ± ${Number(deviation.toPrecision(2))}`;
}

/** How many runs of a sweep are in which state. */
export function StateCounts(props: {
  family: IRunFamily;
  trans: TranslationBundle;
}): React.JSX.Element {
  const { family, trans } = props;
  const count = (state: RunState): number =>
    family.runs.filter(({ run }) => run.state === state).length;
  return (
    <span className="pw-StateCounts">
      {RUN_STATES.filter(state => count(state) > 0).map(state => (
        <span
          key={state}
          className="pw-StateCounts-count"
          title={trans.__('%1: %2', stateText(state, trans), count(state))}
        >
          <span className="pw-RunSign" data-state={state} aria-hidden="true">
            {stateSign(state)}
          </span>
          <span className="pw-VisuallyHidden">{stateText(state, trans)}</span>
          {count(state)}
        </span>
      ))}
    </span>
  );
}

function isSameFamily(before: IRunFamily, after: IRunFamily): boolean {
  return (
    before.runs.length === after.runs.length &&
    before.runs.every((status, index) => status === after.runs[index])
  );
}

function hasSameProps(before: IGroupRowProps, after: IGroupRowProps): boolean {
  const names = Object.keys(before) as (keyof IGroupRowProps)[];
  return names.every(name => name === 'family' || before[name] === after[name]);
}
