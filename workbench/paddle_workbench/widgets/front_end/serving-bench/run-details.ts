import type { ITranslation } from '../base/translation';
import { heads } from '../compression-lens/controls';
import { make } from '../text/elements';
import type { BenchRow } from './bench-traits';
import { brief } from './figures';

/** Say what is known of a run: a row of the table that belongs to it. */
export function runDetails(
  { result }: BenchRow,
  trans: ITranslation,
  columns: number
): HTMLElement {
  const line = make('tr', 'pw-ServingBench-details');
  const cell = make('td');
  cell.colSpan = columns;
  const { server, client, latency } = result;
  const facts = [
    trans.__(
      '%1 requests planned, %2 answered in %3 s.',
      result.scheduled,
      result.answered,
      brief(result.elapsed_s)
    )
  ];
  if (result.plan.size > 1) {
    const perSecond = result.plan.size * result.per_second;
    facts.push(trans.__('%1 inputs each second.', brief(perSecond)));
  }
  const errors = errorsText(result.errors);
  if (errors !== '') {
    facts.push(trans.__('Failed, by status: %1.', errors));
  }
  if (latency !== null) {
    facts.push(
      trans.__(
        'Mean latency %1 ms, largest %2 ms.',
        brief(latency.mean_ms),
        brief(latency.largest_ms)
      )
    );
  }
  if (server !== null) {
    const sizes = Object.entries(server.batch_rows).map(([rows, count]) =>
      trans.__('up to %1: %2', rows, count)
    );
    facts.push(
      trans.__('Batches by size: %1.', sizes.join(trans.__(', '))),
      trans.__(
        'An input waited %1 ms on average, and a batch took %2 ms in the predictor.',
        brief(server.wait_mean_ms),
        brief(server.predict_mean_ms)
      ),
      trans.__(
        'Share of a core: %1.',
        Object.entries(server.cpu)
          .map(([process, share]) => `${process} ${Math.round(100 * share)} %`)
          .join(trans.__(', '))
      )
    );
  }
  facts.push(
    trans.__(
      'The client sent 99 % of the requests at most %1 ms late, and used %2 % of a core.',
      brief(client.late_p99_ms),
      Math.round(100 * client.cpu)
    )
  );
  const detail = make('div', 'pw-ServingBench-detail');
  detail.append(
    ...result.notes.map(note =>
      make('p', 'pw-ServingBench-warning', `⚠ ${note}`)
    ),
    ...facts.map(fact => make('p', 'pw-Text-note', fact)),
    momentsTable(result.moments, trans)
  );
  cell.append(detail);
  line.append(cell);
  return line;
}

/** What the charts show, as a table. */
function momentsTable(
  moments: BenchRow['result']['moments'],
  trans: ITranslation
): HTMLElement {
  const wrapper = make('details', 'pw-ServingBench-moments');
  const element = make('table', 'pw-ServingBench-table');
  element.append(
    heads([
      trans.__('seconds'),
      trans.__('answers/s'),
      trans.__('p50 ms'),
      trans.__('p95 ms'),
      trans.__('p99 ms'),
      trans.__('queue'),
      trans.__('mean batch'),
      trans.__('memory, MiB'),
      trans.__('errors')
    ])
  );
  const body = make('tbody');
  for (const each of moments) {
    const line = make('tr');
    const head = make('th', '', brief(each.at_s));
    head.scope = 'row';
    const { memory_bytes: bytes } = each;
    line.append(
      head,
      ...[
        each.per_second,
        each.p50_ms,
        each.p95_ms,
        each.p99_ms,
        each.queue,
        each.batch_mean,
        bytes === null ? null : bytes / 2 ** 20,
        each.failed
      ].map(value => make('td', '', value === null ? '–' : brief(value)))
    );
    body.append(line);
  }
  element.append(body);
  const scroll = make('div', 'pw-Text-scroll');
  scroll.append(element);
  wrapper.append(
    make('summary', '', trans.__('The charts as a table')),
    scroll
  );
  return wrapper;
}

/** Errors by their status, as a text. */
export function errorsText(errors: BenchRow['result']['errors']): string {
  return Object.entries(errors)
    .map(([code, count]) => `${code}: ${count}`)
    .join(', ');
}
