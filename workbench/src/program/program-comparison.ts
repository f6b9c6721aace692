import type { Message } from '@lumino/messaging';
import { SplitPanel, Widget } from '@lumino/widgets';
import { differenceOf } from './data/program-difference';
import { opCount } from './microscope/amounts';
import { element } from './microscope/dom';
import { ProgramPanel } from './program-panel';

/**
 * Two programs side by side, with the differences marked.
 */
export class ProgramComparison extends SplitPanel {
  constructor(
    private readonly _options: Omit<ProgramPanel.IOptions, 'path'>,
    private readonly _before: string,
    private readonly _after: string
  ) {
    super({ orientation: 'vertical' });
    this.addClass('pw-ProgramComparison');
    this._panels = [_before, _after].map(
      path => new ProgramPanel({ ..._options, path })
    );
    const sides = new SplitPanel({ orientation: 'horizontal' });
    for (const panel of this._panels) {
      sides.addWidget(panel);
    }
    this._list = new Widget();
    this._list.addClass('pw-Widget');
    this._list.addClass('pw-ProgramComparison-list');
    this._list.node.setAttribute('role', 'status');
    this.addWidget(sides);
    this.addWidget(this._list);
    this.setRelativeSizes([5, 1]);
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    const { trans } = this._options.connection;
    // Not earlier, since the main area sets its own label on its content.
    this.node.setAttribute(
      'aria-label',
      trans.__('Comparison of %1 and %2', this._before, this._after)
    );
    this._compared ??= this._compare();
  }

  private async _compare(): Promise<void> {
    await Promise.all(this._panels.map(panel => panel.ready));
    const [before, after] = this._panels;
    if (!before?.data || !after?.data) {
      return; // the panel shows why
    }
    const { trans } = this._options.connection;
    const difference = differenceOf(before.data, after.data);
    before.mark(difference.onlyBefore);
    after.mark(difference.onlyAfter);
    const isSame = difference.onlyBefore.size + difference.onlyAfter.size === 0;
    const summary = isSame
      ? trans.__('Both programs have the same ops in the same order.')
      : trans.__(
          'Only on the left: %1. Only on the right: %2.',
          opCount(difference.onlyBefore.size, trans),
          opCount(difference.onlyAfter.size, trans)
        );
    const list = element('ul');
    for (const { kind, before: one, after: two } of difference.kinds) {
      list.append(element('li', '', `${kind}: ${one} → ${two}`));
    }
    this._list.node.replaceChildren(element('p', '', summary), list);
  }

  private readonly _panels: readonly ProgramPanel[];
  private readonly _list: Widget;
  private _compared: Promise<void> | null = null;
}
