import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IWidgetTracker } from '@jupyterlab/apputils';
import { InputDialog, MainAreaWidget } from '@jupyterlab/apputils';
import type { DocumentWidget } from '@jupyterlab/docregistry';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { courseIcon } from '../icons';
import type { ProgramPanel } from './program-panel';
import { CommandIDs } from './tokens';

interface ICompareOptions {
  readonly commands: CommandRegistry;
  readonly panel: Omit<ProgramPanel.IOptions, 'path'>;
  readonly programs: IWidgetTracker<DocumentWidget<ProgramPanel>>;
  readonly shell: JupyterFrontEnd.IShell;
  readonly trans: TranslationBundle;
}

/** Register the command that compares the current program with another. */
export function addCompareCommand(options: ICompareOptions): void {
  const { commands, programs, trans } = options;
  const isEnabled = (): boolean => programs.currentWidget !== null;
  commands.addCommand(CommandIDs.compare, {
    label: trans.__('Compare Program with …'),
    caption: trans.__('Show two saved programs side by side'),
    isEnabled,
    execute: async args => {
      const before = text(args.before) ?? programs.currentWidget?.context.path;
      const after = text(args.after) ?? (await ask(options, before));
      if (before !== undefined && after !== undefined) {
        await open(options, before, after);
      }
    },
    describedBy: {
      args: {
        type: 'object',
        properties: {
          before: {
            type: 'string',
            description: trans.__('Path of the program on the left')
          },
          after: {
            type: 'string',
            description: trans.__('Path of the program on the right')
          }
        }
      }
    }
  });
  programs.currentChanged.connect(() => {
    commands.notifyCommandChanged(CommandIDs.compare);
  });
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Offer the other open programs; any path can be typed. */
async function ask(
  { programs, trans }: ICompareOptions,
  before: string | undefined
): Promise<string | undefined> {
  const paths = new Set<string>();
  programs.forEach(({ context }) => {
    if (context.path !== before) {
      paths.add(context.path);
    }
  });
  const { value } = await InputDialog.getItem({
    title: trans.__('Compare with'),
    label: trans.__('Path of another saved program'),
    items: [...paths],
    editable: true
  });
  return text(value);
}

async function open(
  { panel, shell, trans }: ICompareOptions,
  before: string,
  after: string
): Promise<void> {
  const { ProgramComparison } = await import('./program-comparison');
  const content = new ProgramComparison(panel, before, after);
  const widget = new MainAreaWidget({ content });
  widget.id = `paddle-workbench-comparison-${Date.now()}`;
  widget.title.label = trans.__('%1 and %2', name(before), name(after));
  widget.title.icon = courseIcon;
  widget.title.closable = true;
  shell.add(widget, 'main');
  shell.activateById(widget.id);
}

function name(path: string): string {
  return path.split('/').pop() ?? path;
}
