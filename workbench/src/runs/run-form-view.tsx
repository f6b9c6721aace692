import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { RunForm } from '../contract';
import type { IFailure } from '../failure';
import { FailureView } from '../failure-view';
import { ParameterField } from './parameter-field';
import type { IFieldState } from './run-form-model';
import type { INotebookChoices } from './run-notebooks';
import type { IRunOptions } from './run-options';
import { RunOptionsView } from './run-options-view';
import { notebookName, roughText } from './run-text';

/** What the form does; the same object each time it is drawn. */
export interface IFormCallbacks {
  browse: () => void;
  cancel: () => void;
  choose: (key: string) => void;
  reload: () => void;
  reset: (name: string) => void;
  set: (name: string, text: string) => void;
  setOption: (options: Partial<IRunOptions>) => void;
  setSweep: (name: string, isSweep: boolean) => void;
  start: () => void;
}

export interface IRunFormViewProps {
  /** Why there is no cluster at the address; null if nothing is known. */
  addressProblem: string | null;
  choices: INotebookChoices;
  /** How many runs there will be; null if a field is wrong. */
  count: number | null;
  failure: IFailure | null;
  fields: readonly IFieldState[];
  form: RunForm | null;
  hasProblem: boolean;
  isLoading: boolean;
  isStarting: boolean;
  /** How many runs may run at once. */
  limit: number;
  on: IFormCallbacks;
  options: IRunOptions;
  path: string | null;
  trans: TranslationBundle;
  warnings: readonly string[];
}

/** The form from which runs are started. */
export function RunFormView(props: IRunFormViewProps): React.JSX.Element {
  const { failure, form, isLoading, on, path, trans } = props;
  return (
    <form
      className="pw-RunForm"
      aria-label={trans.__('New run')}
      noValidate
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          on.cancel();
        }
      }}
      onSubmit={event => {
        event.preventDefault();
        on.start();
      }}
    >
      <header className="pw-Runs-header">
        <h2 className="pw-Runs-title">{trans.__('New run')}</h2>
        <button type="button" className="pw-Button" onClick={on.cancel}>
          {trans.__('Back to the runs')}
        </button>
      </header>
      <div className="pw-RunForm-body">
        <NotebookPicker {...props} />
        {path === null && (
          <p className="pw-Empty">{trans.__('Choose the notebook to run.')}</p>
        )}
        {isLoading && <Skeleton trans={trans} />}
        {form && !isLoading && <Fields {...props} form={form} />}
        {failure && (
          <FailureView
            failure={failure}
            onRetry={form ? on.start : on.reload}
            trans={trans}
          />
        )}
      </div>
      {form && !isLoading && <Footer {...props} form={form} />}
    </form>
  );
}

function NotebookPicker(props: IRunFormViewProps): React.JSX.Element {
  const { choices, on, path, trans } = props;
  const { lessons, open } = choices;
  const isListed = [...open, ...lessons].some(({ key }) => key === path);
  const isOpen = open.some(({ key }) => key === path);
  return (
    <div className="pw-RunForm-notebook">
      <label className="pw-RunForm-label" htmlFor="pw-run-notebook">
        {trans.__('Notebook')}
      </label>
      <div className="pw-RunForm-picker">
        <select
          id="pw-run-notebook"
          className="pw-Input"
          value={path ?? ''}
          onChange={event => {
            on.choose(event.target.value);
          }}
        >
          {path === null && <option value="">{trans.__('Choose…')}</option>}
          {path !== null && !isListed && <option value={path}>{path}</option>}
          {open.length > 0 && (
            <optgroup label={trans.__('Open notebooks')}>
              {open.map(({ key, title }) => (
                <option key={key} value={key}>
                  {title}
                </option>
              ))}
            </optgroup>
          )}
          {lessons.length > 0 && (
            <optgroup label={trans.__('Lessons')}>
              {lessons.map(({ key, title }) => (
                <option key={key} value={key}>
                  {title}
                </option>
              ))}
            </optgroup>
          )}
        </select>
        <button type="button" className="pw-Button" onClick={on.browse}>
          {trans.__('Browse…')}
        </button>
      </div>
      {isOpen && (
        <p className="pw-RunForm-note">
          {trans.__(
            'Runs the notebook as it is in the editor now, in a kernel of its own, and continues when you close the browser.'
          )}
        </p>
      )}
    </div>
  );
}

function Fields(
  props: IRunFormViewProps & { form: RunForm }
): React.JSX.Element {
  const { addressProblem, fields, form, on, options, trans } = props;
  const isSweep = fields.some(field => field.isSweep);
  return (
    <>
      {fields.length === 0 ? (
        <p className="pw-RunForm-hint">
          {form.hint ||
            trans.__('This notebook has no parameters. It runs as it is.')}
        </p>
      ) : (
        <fieldset className="pw-RunForm-fields">
          <legend className="pw-RunForm-legend">
            {trans.__('Parameters')}
          </legend>
          {fields.map(field => (
            <ParameterField
              key={field.parameter.name}
              {...field}
              on={on}
              trans={trans}
            />
          ))}
        </fieldset>
      )}
      {!form.records_metrics && (
        <p className="pw-RunForm-hint">
          {trans.__(
            'No cell records a metric. To compare runs, call record("accuracy", value) from paddle_workbench in a cell.'
          )}
        </p>
      )}
      <RunOptionsView
        addressProblem={addressProblem}
        form={form}
        isSweep={isSweep}
        onChange={on.setOption}
        options={options}
        trans={trans}
      />
    </>
  );
}

function Footer(
  props: IRunFormViewProps & { form: RunForm }
): React.JSX.Element {
  const { count, hasProblem, isStarting, trans, warnings } = props;
  return (
    <footer className="pw-RunForm-footer">
      {warnings.map(warning => (
        <p key={warning} className="pw-RunDetails-warning">
          {trans.__('Warning:')} {warning}
        </p>
      ))}
      <p className="pw-RunForm-count" role="status">
        {hasProblem ? trans.__('Correct the marked fields.') : countText(props)}
      </p>
      <button
        type="submit"
        className="pw-Button pw-mod-primary"
        disabled={hasProblem || isStarting}
      >
        {isStarting
          ? trans.__('Starting…')
          : count === null || count === 1
            ? trans._p('run', 'Run')
            : trans.__('Start %1 runs', count)}
      </button>
    </footer>
  );
}

/** How many runs there will be, and how long they take together. */
function countText({
  count,
  form,
  limit,
  path,
  trans
}: IRunFormViewProps & { form: RunForm }): string {
  const runs = count ?? 1;
  const atOnce = Math.min(limit, runs);
  const time =
    form.expected_s === null
      ? null
      : roughText(form.expected_s * Math.ceil(runs / atOnce), trans);
  if (runs === 1) {
    return time === null
      ? trans.__('1 run of “%1”', notebookName(path ?? ''))
      : trans.__('1 run of “%1”, about %2', notebookName(path ?? ''), time);
  }
  return time === null
    ? trans.__('%1 runs, %2 at a time', runs, atOnce)
    : trans.__('%1 runs, %2 at a time, about %3', runs, atOnce, time);
}

function Skeleton({ trans }: { trans: TranslationBundle }): React.JSX.Element {
  return (
    <div className="pw-Skeleton" role="status">
      <span className="pw-VisuallyHidden">
        {trans.__('Reading the parameters…')}
      </span>
      {Array.from({ length: 4 }, (_, index) => (
        <span key={index} className="pw-Skeleton-bar" aria-hidden="true" />
      ))}
    </div>
  );
}
