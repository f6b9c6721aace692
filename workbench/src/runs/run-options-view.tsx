import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { RunForm } from '../contract';
import type { IRunOptions } from './run-options';
import { hasOptionProblem, optionProblem } from './run-options';

interface IRunOptionsViewProps {
  form: RunForm;
  /** Whether there is a sweep, of which samples can be drawn. */
  isSweep: boolean;
  onChange: (name: keyof IRunOptions, text: string) => void;
  options: IRunOptions;
  trans: TranslationBundle;
}

/** Kernel, limits and retries, folded away. */
export function RunOptionsView(props: IRunOptionsViewProps): React.JSX.Element {
  const { form, isSweep, onChange, options, trans } = props;
  return (
    <details
      className="pw-RunOptions"
      open={hasOptionProblem(options, trans) || undefined}
    >
      <summary>{trans.__('Options')}</summary>
      <div className="pw-RunOptions-fields">
        <label className="pw-RunForm-label" htmlFor="pw-option-kernel">
          {trans.__('Kernel')}
        </label>
        <select
          id="pw-option-kernel"
          className="pw-Input"
          value={options.kernel}
          onChange={event => {
            onChange('kernel', event.target.value);
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
      </div>
    </details>
  );
}

function Option(
  props: IRunOptionsViewProps & {
    label: string;
    name: keyof IRunOptions;
    placeholder: string;
  }
): React.JSX.Element {
  const { label, name, onChange, options, placeholder, trans } = props;
  const id = `pw-option-${name}`;
  const problem = optionProblem(options, name, trans);
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
          inputMode="decimal"
          placeholder={placeholder}
          value={options[name]}
          onChange={event => {
            onChange(name, event.target.value);
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
