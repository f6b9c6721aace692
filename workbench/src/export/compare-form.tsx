import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { BundlePicture } from '../contract';

interface ICompareFormProps {
  onCompare: (before: string, after: string) => void;
  picture: BundlePicture;
  trans: TranslationBundle;
}

/** Chooses two programs of a bundle; nothing if it has fewer. */
export function CompareForm(
  props: ICompareFormProps
): React.JSX.Element | null {
  const { onCompare, picture, trans } = props;
  const programs = programsOf(picture);
  const names = [...programs.keys()];
  const [before, setBefore] = React.useState<string | null>(null);
  const [after, setAfter] = React.useState<string | null>(null);
  const left = names.find(name => name === before) ?? names[0];
  const right = names.find(name => name === after) ?? names[1];
  if (left === undefined || right === undefined) {
    return null;
  }
  const choice = (
    label: string,
    value: string,
    onChoice: (name: string) => void
  ): React.JSX.Element => (
    <select
      aria-label={label}
      className="pw-Bundle-select"
      onChange={event => {
        onChoice(event.currentTarget.value);
      }}
      value={value}
    >
      {names.map(name => (
        <option key={name} value={name}>
          {programs.get(name)}
        </option>
      ))}
    </select>
  );
  return (
    <form
      className="pw-Bundle-compare"
      aria-label={trans.__('Compare two programs')}
      onSubmit={event => {
        event.preventDefault();
        onCompare(left, right);
      }}
    >
      {choice(trans.__('Program on the left'), left, setBefore)}
      {choice(trans.__('Program on the right'), right, setAfter)}
      <button type="submit" className="pw-Button" disabled={left === right}>
        {trans.__('Compare')}
      </button>
    </form>
  );
}

/** The paths of the programs in a bundle, each with the title of its first target. */
function programsOf({ path, targets }: BundlePicture): Map<string, string> {
  const programs = new Map<string, string>();
  for (const { program, title } of targets) {
    const file = path === '.' ? program : `${path}/${program}`;
    if (program !== '' && !programs.has(file)) {
      programs.set(file, title);
    }
  }
  return programs;
}
