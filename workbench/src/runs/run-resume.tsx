import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { ResumeForm } from '../contract';
import type { IFailure } from '../failure';
import { describeFailure } from '../failure';
import { FailureView } from '../failure-view';

interface IRunResumeProps {
  /** The run. */
  id: string;
  on: {
    resume: (id: string, cell: string | null) => void;
    resumeForm: (id: string) => Promise<ResumeForm>;
  };
  onClose: () => void;
  trans: TranslationBundle;
}

/** Where a run that has failed goes on, said before it does. */
export function RunResume(props: IRunResumeProps): React.JSX.Element {
  const { id, on, onClose, trans } = props;
  const [form, setForm] = React.useState<ResumeForm | null>(null);
  const [failure, setFailure] = React.useState<IFailure | null>(null);
  const [cell, setCell] = React.useState<string | null>(null);
  const [attempt, setAttempt] = React.useState(1);
  const button = React.useRef<HTMLButtonElement>(null);

  React.useEffect(() => {
    let isCurrent = true;
    setFailure(null);
    on.resumeForm(id).then(
      received => {
        if (isCurrent) {
          setForm(received);
          setCell(
            received.reason === ''
              ? received.cell
              : (received.points.at(-1)?.cell ?? null)
          );
        }
      },
      (error: unknown) => {
        if (isCurrent) {
          setFailure(describeFailure(error, trans));
        }
      }
    );
    return () => {
      isCurrent = false;
    };
  }, [attempt, id, on, trans]);
  React.useEffect(() => {
    button.current?.focus();
  }, [form]);

  if (failure) {
    return (
      <FailureView
        failure={failure}
        onRetry={() => {
          setAttempt(attempt + 1);
        }}
        trans={trans}
      />
    );
  }
  return (
    <div
      className="pw-RunResume"
      role="group"
      aria-busy={form === null}
      aria-label={trans.__('Resume')}
    >
      {form === null && (
        <p role="status">{trans.__('Looking for snapshots…')}</p>
      )}
      {form?.points.length === 0 && (
        <p role="status">{trans.__('All cells run again: %1.', form.reason)}</p>
      )}
      {form && form.points.length > 0 && (
        <>
          <label className="pw-RunForm-label" htmlFor="pw-resume-cell">
            {trans.__('Continue at the cell')}
          </label>
          <select
            id="pw-resume-cell"
            className="pw-Input"
            value={cell ?? ''}
            onChange={({ target }) => {
              setCell(target.value);
            }}
          >
            {form.points.map(point => (
              <option key={point.cell} value={point.cell}>
                {point.cell} · {point.code}
              </option>
            ))}
          </select>
          <p className="pw-RunForm-note">
            {trans.__(
              'The cells before it do not run again: a snapshot has their state.'
            )}
          </p>
        </>
      )}
      <div className="pw-RunDetails-actions">
        <button
          ref={button}
          type="button"
          className="pw-Button pw-mod-primary"
          disabled={form === null}
          onClick={() => {
            on.resume(id, cell);
            onClose();
          }}
        >
          {trans._p('run', 'Resume')}
        </button>
        <button type="button" className="pw-Button" onClick={onClose}>
          {trans.__('Cancel')}
        </button>
      </div>
    </div>
  );
}
