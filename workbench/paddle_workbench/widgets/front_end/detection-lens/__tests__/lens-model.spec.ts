import { LensModel } from '../lens-model';
import { rowsOf, unpackPictures } from '../lens-pictures';
import type { ILensPicture } from '../lens-pictures';
import { outcomeAt, precisionByRecall, shownBoxes } from '../outcomes';

const SUPPRESSION = {
  iou: 0.5,
  limit: 100,
  method: 'per-class',
  threshold: 0
} as const;

/** Two things, of which the second has another class, and what is seen of them. */
const HARD = picture(
  [
    [0, 0, 10, 9, 0.9, 0],
    [0, 1, 10, 10, 0.8, 0],
    [20, 20, 30, 30, 0.7, 0],
    [40, 40, 44, 44, 0.3, 1]
  ],
  [
    [0, 0, 10, 10, 0],
    [20, 20, 30, 30, 1]
  ]
);
const EASY = picture([[0, 0, 4, 4, 0.6, 1]], [[0, 0, 4, 4, 1]]);

function picture(
  candidates: readonly (readonly number[])[],
  truth: readonly (readonly number[])[]
): ILensPicture {
  const entry = {
    name: 'shelf',
    width: 50,
    height: 50,
    candidates: candidates.length,
    truth: truth.length,
    complete_above: 0
  };
  const [made] = unpackPictures([entry], floats(candidates), floats(truth));
  if (made === undefined) {
    throw new Error('There is no picture.');
  }
  return made;
}

function floats(rows: readonly (readonly number[])[]): DataView {
  return new DataView(Float32Array.from(rows.flat()).buffer);
}

describe('unpackPictures', () => {
  it('gives each picture its own rows', () => {
    const entry = { name: 'a', width: 1, height: 2, complete_above: 0 };
    const pictures = unpackPictures(
      [
        { ...entry, candidates: 1, truth: 0 },
        { ...entry, candidates: 2, truth: 1 }
      ],
      floats([
        [0, 0, 1, 1, 0.5, 0],
        [0, 0, 2, 2, 0.5, 1],
        [0, 0, 3, 3, 0.25, 2]
      ]),
      floats([[5, 6, 7, 8, 3]])
    );
    expect(pictures.map(({ candidates }) => candidates.length)).toEqual([1, 2]);
    expect(pictures[1]?.candidates[1]).toEqual({
      corners: [0, 0, 3, 3],
      score: 0.25,
      kind: 2
    });
    expect(pictures[1]?.truth).toEqual([{ corners: [5, 6, 7, 8], kind: 3 }]);
  });

  it('reads a part of a buffer', () => {
    const { buffer } = new Float32Array([9, 1, 2]);
    expect(rowsOf(new DataView(buffer, 4), 2)).toEqual([[1, 2]]);
  });
});

describe('outcomeAt', () => {
  it('tells right boxes from invented ones and names what is missed', () => {
    const shown = shownBoxes(HARD, SUPPRESSION);
    expect(shown.map(({ truth }) => truth)).toEqual([0, -1, -1]);
    const outcome = outcomeAt(shown, 2, 0.5);
    expect(outcome.missed).toEqual([1]);
    expect([outcome.right, outcome.invented]).toEqual([1, 1]);
  });

  it('counts a second box around the same thing as invented', () => {
    const shown = shownBoxes(HARD, { ...SUPPRESSION, iou: 0.95 });
    expect(shown.map(({ truth }) => truth)).toEqual([0, -1, -1, -1]);
  });

  it('shows a box whose score is the threshold in single precision', () => {
    const shown = shownBoxes(HARD, SUPPRESSION);
    expect(outcomeAt(shown, 2, 0.7).boxes).toHaveLength(2);
    expect(outcomeAt(shown, 2, 0.71).boxes).toHaveLength(1);
  });
});

describe('precisionByRecall', () => {
  it('has one point for each score', () => {
    const box = { corners: [0, 0, 1, 1], kind: 0 } as const;
    const curve = precisionByRecall(
      [
        [{ ...box, score: 0.9, truth: 0 }],
        [
          { ...box, score: 0.5, truth: -1 },
          { ...box, score: 0.5, truth: 0 }
        ]
      ],
      4
    );
    expect(curve).toEqual([
      { threshold: 0.9, precision: 1, recall: 0.25 },
      { threshold: 0.5, precision: 2 / 3, recall: 0.5 }
    ]);
    expect(precisionByRecall([[]], 0)).toEqual([]);
  });
});

describe('LensModel', () => {
  const lens = new LensModel([EASY, HARD], SUPPRESSION, true);

  it('puts the pictures with the most mistakes first', () => {
    lens.update({ threshold: 0.5, iou: 0.5 });
    expect(lens.order).toEqual([1, 0]);
    lens.update({ threshold: 0.95, iou: 0.5 });
    expect(lens.order).toEqual([1, 0]);
  });

  it('has the figures of the threshold, which lie on the curve', () => {
    lens.update({ threshold: 0.5, iou: 0.5 });
    const { precision, recall } = lens.figures;
    expect(lens.figures).toEqual({
      right: 2,
      invented: 1,
      missed: 1,
      precision: 2 / 3,
      recall: 2 / 3
    });
    const { curve } = lens;
    const threshold = Math.fround(0.6);
    expect(curve).toContainEqual({ threshold, precision, recall });
  });

  it('previews one picture at other settings', () => {
    lens.update({ threshold: 0.5, iou: 0.95 });
    const expected = lens.outcomes[1];
    lens.update({ threshold: 0.5, iou: 0.5 });
    expect(lens.preview(1, { threshold: 0.5, iou: 0.95 })).toEqual(expected);
    expect(lens.outcomes[1]).not.toEqual(expected);
    expect(lens.preview(2, { threshold: 0.5, iou: 0.5 })).toBeUndefined();
  });

  it('has no precision where nothing is shown', () => {
    lens.update({ threshold: 0.99, iou: 0.5 });
    expect(lens.figures.precision).toBeNull();
    expect(lens.figures.recall).toBe(0);
  });

  it('leaves pictures of which nothing is known in their order', () => {
    const unknown = new LensModel([EASY, HARD], SUPPRESSION, false);
    unknown.update({ threshold: 0.5, iou: 0.5 });
    expect([unknown.order, unknown.curve]).toEqual([[0, 1], []]);
  });
});
