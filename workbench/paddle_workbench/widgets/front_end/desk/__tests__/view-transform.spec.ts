import { ViewTransform } from '../view-transform';

describe('the view of the picture', () => {
  it('shows a rectangle whole and in the middle, turned or not', () => {
    for (const turns of [0, 1, 2, 3]) {
      const view = new ViewTransform();
      view.turns = turns;
      view.show([0, 0, 400, 100], 220, 120, 10);
      expect(view.scale).toBe(turns % 2 === 0 ? 0.5 : 0.25);
      expect(view.toScreen([200, 50])).toEqual([110, 60]);
    }
  });

  it('finds a place of the screen in the picture again', () => {
    for (const turns of [0, 1, 2, 3]) {
      const view = new ViewTransform();
      view.turns = turns;
      view.show([10, 20, 300, 200], 640, 480, 12);
      const [x, y] = view.toPicture(view.toScreen([123, 45]));
      expect(x).toBeCloseTo(123);
      expect(y).toBeCloseTo(45);
    }
  });

  it('zooms around a place that stays, and not without end', () => {
    const view = new ViewTransform();
    view.show([0, 0, 400, 100], 220, 120, 10);
    const place = view.toPicture([30, 40]);
    view.zoom(2, 30, 40);
    const [x, y] = view.toScreen(place);
    expect([x, y].map(Math.round)).toEqual([30, 40]);
    for (let step = 0; step < 50; step++) {
      view.zoom(2, 0, 0);
    }
    expect(view.scale).toBe(16);
  });
});
