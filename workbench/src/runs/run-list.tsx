import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { GROUP_ROW_HEIGHT, GroupRow } from './group-row';
import type { IRowCallbacks } from './row';
import { RunRow, runRowHeight } from './run-row';
import type { RunRow as Row } from './run-rows';

/** Rows drawn above and below what is visible, in em. */
const MARGIN = 20;

/** Until the list is measured. */
const FONT_PX = 13;
const HEIGHT_PX = 700;
const WIDTH_PX = 300;

interface IRunListProps {
  cancelling: ReadonlySet<string>;
  checked: ReadonlySet<string>;
  describedBy: string;
  onKey: (event: React.KeyboardEvent, row: Row) => boolean;
  on: Omit<IRowCallbacks, 'focus'>;
  rows: readonly Row[];
  /** The key of the row whose details are shown. */
  shown: string | null;
  trans: TranslationBundle;
}

/** The runs as a grid of which only the visible rows are drawn. */
export function RunList(props: IRunListProps): React.JSX.Element {
  const { checked, on, onKey, rows, shown, trans } = props;
  const list = React.useRef<HTMLDivElement>(null);
  const [active, setActive] = React.useState<string | null>(null);
  const view = useView(list);
  const width = view.width / view.font;
  const places = React.useMemo(() => placesOf(rows, width), [rows, width]);
  const preferred = active ?? shown;
  const found = rows.findIndex(({ key }) => key === preferred);
  const tabStop = Math.max(0, found);
  // Details that open take the place of rows.
  React.useLayoutEffect(() => {
    const element = list.current;
    const place = places[rows.findIndex(({ key }) => key === shown)];
    if (element && place) {
      scrollTo(element, place, view.font);
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only when they open, or the list shrinks
  }, [shown, view.height]);
  const callbacks = React.useMemo(() => ({ ...on, focus: setActive }), [on]);

  const focus = (index: number): void => {
    const row = rows[index];
    const place = places[index];
    const element = list.current;
    if (!row || !place || !element) {
      return;
    }
    setActive(row.key);
    scrollTo(element, place, view.font);
    // The row may not be drawn yet.
    requestAnimationFrame(() => {
      rowElement(element, row.key)?.focus({ preventScroll: true });
    });
  };

  const onKeyDown = (event: React.KeyboardEvent): void => {
    const row = rows[tabStop];
    if (!row || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    const page = Math.max(1, Math.floor(view.height / view.font / 5));
    switch (event.key) {
      case 'ArrowDown':
        focus(Math.min(rows.length - 1, tabStop + 1));
        break;
      case 'ArrowUp':
        focus(Math.max(0, tabStop - 1));
        break;
      case 'PageDown':
        focus(Math.min(rows.length - 1, tabStop + page));
        break;
      case 'PageUp':
        focus(Math.max(0, tabStop - page));
        break;
      case 'Home':
        focus(0);
        break;
      case 'End':
        focus(rows.length - 1);
        break;
      case 'ArrowLeft':
        if (row.status && row.isMember) {
          const group = `group:${row.status.run.group?.id ?? ''}`;
          focus(rows.findIndex(({ key }) => key === group));
          break;
        }
        if (!onKey(event, row)) {
          return;
        }
        break;
      default:
        if (!onKey(event, row)) {
          return;
        }
    }
    event.preventDefault();
    // JupyterLab's own shortcuts must not see a key that the list has used.
    event.stopPropagation();
  };

  const total = places.at(-1);
  return (
    <div
      ref={list}
      className="pw-RunList"
      role="treegrid"
      aria-label={trans.__('Runs')}
      aria-describedby={props.describedBy}
      aria-multiselectable="true"
      aria-rowcount={rows.length}
      onKeyDown={onKeyDown}
      onScroll={view.onScroll}
    >
      <div
        className="pw-RunList-rows"
        role="rowgroup"
        style={{ height: `${total ? total.top + total.height : 0}em` }}
      >
        {rows.map((row, index) => {
          const place = places[index];
          const isNear =
            place !== undefined &&
            place.top + place.height > view.top - MARGIN &&
            place.top < view.top + view.height / view.font + MARGIN;
          if (!place || (!isNear && index !== found)) {
            return null;
          }
          const common = {
            ...place,
            index: index + 1,
            isShown: row.key === shown,
            isTabStop: index === tabStop,
            name: row.key,
            on: callbacks,
            trans
          };
          return row.status ? (
            <RunRow
              key={row.key}
              {...common}
              isCancelling={props.cancelling.has(row.key)}
              isChecked={checked.has(row.key)}
              isMember={row.isMember}
              common={row.title.common}
              distinct={row.title.distinct}
              status={row.status}
            />
          ) : (
            <GroupRow
              key={row.key}
              {...common}
              family={row.family}
              isChecked={row.family.runs.every(({ run }) =>
                checked.has(run.id)
              )}
              isOpen={row.isOpen}
            />
          );
        })}
      </div>
    </div>
  );
}

/** Find the element of a row; null if it is not drawn. */
export function rowElement(
  element: Element | null,
  key: string
): HTMLElement | null {
  return (
    element?.querySelector<HTMLElement>(`[data-key=${JSON.stringify(key)}]`) ??
    null
  );
}

interface IPlace {
  readonly top: number;
  readonly height: number;
}

/** Scroll a list as little as shows a row. */
function scrollTo(list: HTMLElement, place: IPlace, font: number): void {
  const top = place.top * font;
  const bottom = top + place.height * font;
  if (top < list.scrollTop) {
    list.scrollTop = top;
  } else if (bottom > list.scrollTop + list.clientHeight) {
    list.scrollTop = bottom - list.clientHeight;
  }
}

/** The places of rows in a list of a width in em. */
function placesOf(rows: readonly Row[], width: number): IPlace[] {
  let top = 0;
  return rows.map(row => {
    const height = row.status
      ? runRowHeight(row.status, row.title, width)
      : GROUP_ROW_HEIGHT;
    const place = { top, height };
    top += height;
    return place;
  });
}

interface IView {
  /** The pixels of one em. */
  readonly font: number;
  /** In pixels. */
  readonly height: number;
  onScroll: () => void;
  /** In em. */
  readonly top: number;
  /** In pixels. */
  readonly width: number;
}

/** What part of a list is visible; moves in steps, so that scrolling draws seldom. */
function useView(list: React.RefObject<HTMLDivElement | null>): IView {
  const [font, setFont] = React.useState(FONT_PX);
  const [height, setHeight] = React.useState(HEIGHT_PX);
  const [top, setTop] = React.useState(0);
  const [width, setWidth] = React.useState(WIDTH_PX);
  React.useLayoutEffect(() => {
    const element = list.current;
    if (!element || typeof ResizeObserver === 'undefined') {
      return undefined;
    }
    const observer = new ResizeObserver(() => {
      setFont(parseFloat(getComputedStyle(element).fontSize) || FONT_PX);
      setHeight(element.clientHeight || HEIGHT_PX);
      setWidth(element.clientWidth || WIDTH_PX);
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, [list]);
  const onScroll = (): void => {
    const position = (list.current?.scrollTop ?? 0) / font;
    setTop(Math.floor(position / (MARGIN / 2)) * (MARGIN / 2));
  };
  return { font, height, onScroll, top, width };
}
