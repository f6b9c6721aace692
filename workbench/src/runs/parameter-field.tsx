import type { TranslationBundle } from '@jupyterlab/translation';
import { nullTranslator } from '@jupyterlab/translation';
import * as React from 'react';
import type { Parameter } from '../contract';
import { choiceText, defaultText, rangeText } from './parameter-values';
import type { IFieldState } from './run-form-model';

interface IParameterFieldProps extends IFieldState {
  on: {
    reset: (name: string) => void;
    set: (name: string, text: string) => void;
    setSweep: (name: string, isSweep: boolean) => void;
  };
  trans: TranslationBundle;
}

/** The field of a parameter, with its type, range, help, and what is wrong with it. */
export function ParameterField(props: IParameterFieldProps): React.JSX.Element {
  const { isSweep, on, parameter, problem, text, trans } = props;
  const { name, secret } = parameter;
  const help = helpOf(parameter, trans);
  const id = `pw-parameter-${name}`;
  const isChanged = isSweep || text !== defaultText(parameter);
  const range = rangeText(parameter, trans);
  const notes = [parameter.type, range, secret ? trans.__('secret') : ''];
  return (
    <div className="pw-ParameterField" data-wrong={problem !== null}>
      <div className="pw-ParameterField-head">
        <label className="pw-RunForm-label" htmlFor={id}>
          <code>{name}</code>
        </label>
        {isChanged && (
          <button
            type="button"
            className="pw-LinkButton"
            aria-label={trans.__('Default of %1', name)}
            onClick={() => {
              on.reset(name);
            }}
          >
            {trans.__('Default')}
          </button>
        )}
        {!secret && (
          <label
            className="pw-ParameterField-sweep"
            title={trans.__('Run once for each of several values')}
          >
            <input
              type="checkbox"
              checked={isSweep}
              aria-label={trans.__('Sweep %1', name)}
              onChange={({ target }) => {
                on.setSweep(name, target.checked);
              }}
            />
            {trans.__('sweep')}
          </label>
        )}
      </div>
      <Control {...props} id={id} />
      {isSweep && (
        <p className="pw-RunForm-note">
          {parameter.choices
            ? trans.__(
                'Values separated by commas, of: %1',
                parameter.choices.map(choiceText).join(', ')
              )
            : trans.__('Values separated by commas: one run for each.')}
        </p>
      )}
      <p className="pw-RunForm-note" id={`${id}-help`}>
        {[notes.filter(Boolean).join(', '), help].filter(Boolean).join(' · ')}
      </p>
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
  );
}

function Control(
  props: IParameterFieldProps & { id: string }
): React.JSX.Element {
  const { id, isSweep, on, parameter, problem, text, trans } = props;
  const { name, secret, type } = parameter;
  const described = [
    `${id}-help`,
    ...(problem === null ? [] : [`${id}-problem`])
  ];
  const common = {
    id,
    className: 'pw-Input',
    'aria-describedby': described.join(' ') || undefined,
    'aria-invalid': problem !== null,
    value: text,
    onChange: (
      event: React.ChangeEvent<HTMLInputElement | HTMLSelectElement>
    ) => {
      on.set(name, event.target.value);
    }
  };
  const choices = isSweep ? null : choicesOf(parameter);
  if (choices) {
    return (
      <select {...common}>
        {choices.map(choice => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    );
  }
  return secret ? (
    <input
      {...common}
      type="password"
      autoComplete="new-password"
      placeholder={trans.__('Not written anywhere')}
      spellCheck={false}
    />
  ) : (
    <input
      {...common}
      type="text"
      autoComplete="off"
      inputMode={
        !isSweep && (type === 'int' || type === 'float') ? 'decimal' : undefined
      }
      placeholder={defaultText(parameter)}
      spellCheck={false}
    />
  );
}

/** The help, unless it says only what the range does, here or in English. */
function helpOf(parameter: Parameter, trans: TranslationBundle): string {
  const ranges = [trans, nullTranslator.load('')].map(bundle =>
    rangeText(parameter, bundle)
  );
  return ranges.includes(parameter.help) ? '' : parameter.help;
}

/** The values among which one chooses; null if any can be typed. */
function choicesOf(parameter: Parameter): string[] | null {
  const { choices, default: value, optional, type } = parameter;
  const listed =
    choices?.map(choiceText) ?? (type === 'bool' ? ['true', 'false'] : null);
  if (!listed) {
    return null;
  }
  const extra = optional || value === null ? ['None'] : [];
  return [...new Set([...listed, ...extra, defaultText(parameter)])];
}
