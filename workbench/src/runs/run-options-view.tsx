import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { RunForm } from '../contract';
import type { IRunOptions, RunBackend, TextOption } from './run-options';
import { hasOptionProblem, optionProblem } from './run-options';

interface IRunOptionsViewProps {
  /** Why there is no cluster at the address; null if nothing is known. */
  addressProblem: string | null;
  form: RunForm;
  /** Whether there is a sweep, of which samples can be drawn. */
  isSweep: boolean;
  onChange: (options: Partial<IRunOptions>) => void;
  options: IRunOptions;
  trans: TranslationBundle;
}

/** Where and in which kernel it runs, limits, retries and snapshots, folded away. */
export function RunOptionsView(props: IRunOptionsViewProps): React.JSX.Element {
  const { addressProblem, form, isSweep, onChange, options, trans } = props;
  const [isOpen, setIsOpen] = React.useState(false);
  const hasProblem =
    addressProblem !== null || hasOptionProblem(options, trans);
  return (
    <details
      className="pw-RunOptions"
      open={isOpen || hasProblem}
      onToggle={({ currentTarget }) => {
        setIsOpen(currentTarget.open);
      }}
    >
      <summary>{trans.__('Options')}</summary>
      <div className="pw-RunOptions-fields">
        {form.backends.length > 1 && <Backend {...props} />}
        <label className="pw-RunForm-label" htmlFor="pw-option-kernel">
          {trans.__('Kernel')}
        </label>
        <select
          id="pw-option-kernel"
          className="pw-Input"
          value={options.kernel}
          onChange={({ target }) => {
            onChange({ kernel: target.value });
          }}
        >
          <option value="">
            {form.kernel === null
              ? trans.__('As in the notebook')
              : trans.__('As in the notebook (%1)', form.kernel)}
          </option>
          {form.kernels.map(kernel => (
            <option key={kernel} value={kernel}>
              {kernel}
            </option>
          ))}
        </select>
        <Option
          {...props}
          label={trans.__('Time limit of a run (s)')}
          name="timeout"
          placeholder={trans.__('none')}
        />
        <Option
          {...props}
          label={trans.__('Time limit of a cell (s)')}
          name="cellTimeout"
          placeholder={trans.__('none')}
        />
        <Option
          {...props}
          label={trans.__('Retries after a failure')}
          name="retries"
          placeholder="0"
        />
        {isSweep && (
          <Option
            {...props}
            label={trans.__('Random sample of the sweep')}
            name="samples"
            placeholder={trans.__('all combinations')}
          />
        )}
        {options.backend === 'local' && <Snapshots {...props} />}
      </div>
    </details>
  );
}

/** On this machine, or on a cluster. */
function Backend(props: IRunOptionsViewProps): React.JSX.Element {
  const { addressProblem, form, onChange, options, trans } = props;
  const names: Readonly<Record<RunBackend, string>> = {
    local: trans.__('This machine'),
    ray: trans.__('Ray cluster')
  };
  return (
    <>
      <label className="pw-RunForm-label" htmlFor="pw-option-backend">
        {trans.__('Where it runs')}
      </label>
      <select
        id="pw-option-backend"
        className="pw-Input"
        value={options.backend}
        onChange={({ target }) => {
          onChange({ backend: target.value as RunBackend });
        }}
      >
        {form.backends.map(backend => (
          <option key={backend} value={backend}>
            {names[backend]}
          </option>
        ))}
      </select>
      {options.backend === 'ray' && (
        <Option
          {...props}
          fromServer={addressProblem}
          isNumber={false}
          label={trans.__('Address of the cluster')}
          name="address"
          placeholder="10.0.0.1:6379"
        />
      )}
    </>
  );
}

function Snapshots(props: IRunOptionsViewProps): React.JSX.Element {
  const { onChange, options, trans } = props;
  return (
    <>
      <label className="pw-RunOptions-check">
        <input
          type="checkbox"
          aria-describedby="pw-option-snapshots-help"
          checked={options.snapshots}
          onChange={({ target }) => {
            onChange({ snapshots: target.checked });
          }}
        />
        {trans.__('Keep snapshots')}
      </label>
      <p className="pw-RunForm-note" id="pw-option-snapshots-help">
        {trans.__(
          'After a failure the run can be resumed without the cells before it, while there is memory for the copies of its kernel.'
        )}
      </p>
    </>
  );
}

function Option(
  props: IRunOptionsViewProps & {
    fromServer?: string | null;
    isNumber?: boolean;
    label: string;
    name: TextOption;
    placeholder: string;
  }
): React.JSX.Element {
  const {
    isNumber = true,
    label,
    name,
    onChange,
    options,
    placeholder,
    trans
  } = props;
  const id = `pw-option-${name}`;
  const problem =
    optionProblem(options, name, trans) ?? props.fromServer ?? null;
  return (
    <>
      <label className="pw-RunForm-label" htmlFor={id}>
        {label}
      </label>
      <div data-wrong={problem !== null}>
        <input
          id={id}
          type="text"
          className="pw-Input"
          aria-describedby={problem === null ? undefined : `${id}-problem`}
          aria-invalid={problem !== null}
          autoComplete="off"
          inputMode={isNumber ? 'decimal' : undefined}
          placeholder={placeholder}
          spellCheck={false}
          value={options[name]}
          onChange={({ target }) => {
            onChange({ [name]: target.value });
          }}
        />
        {problem !== null && (
          <p
            className="pw-ParameterField-problem"
            id={`${id}-problem`}
            role="alert"
          >
            <span aria-hidden="true">✗ </span>
            {problem}
          </p>
        )}
      </div>
    </>
  );
}
