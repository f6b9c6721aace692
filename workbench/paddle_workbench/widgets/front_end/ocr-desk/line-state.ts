import type { IModel } from '../base/model';
import type { IDeskTraits } from '../desk/desk-state';
import { DeskState } from '../desk/desk-state';
import type { IDeskLine, IPageSummary } from './desk-lines';
import { statusOf } from './desk-lines';

export interface IOcrTraits extends IDeskTraits {
  pages: readonly IPageSummary[];
  lines: readonly IDeskLine[];
  doubt_below: number;
  only_doubtful: boolean;
  running: boolean;
  seconds_a_page: number;
  label_folder: string;
}

/**
 * The state of a desk with lines of text, of which some are doubtful.
 */
export class LineState extends DeskState<IDeskLine, IOcrTraits> {
  constructor(model: IModel<IOcrTraits>) {
    super(model);
    this.selectFirst();
  }

  /** Go to a doubtful line in a direction. Returns whether there is one. */
  stepToDoubtful(by: 1 | -1): boolean {
    return this.stepTo(by, line => this._isDoubtful(line));
  }

  protected override get received(): readonly IDeskLine[] {
    return this.get('lines');
  }

  protected override isListed(line: IDeskLine): boolean {
    return !this.get('only_doubtful') || this._isDoubtful(line);
  }

  protected override selectFirst(): void {
    super.selectFirst();
    const first = this.items.find(line => this._isDoubtful(line));
    this.selected = first?.id ?? this.selected;
  }

  private _isDoubtful(line: IDeskLine): boolean {
    return statusOf(line, this.get('doubt_below')) === 'doubtful';
  }
}
