import { Viewport } from '../viewport';

describe('the viewport', () => {
  it('keeps the point under the pointer when it zooms', () => {
    const view = new Viewport();
    view.width = 400;
    view.height = 300;
    view.fit(2000, 1000);
    const before = view.toScene(100, 50);
    view.zoom(2, 100, 50);
    const after = view.toScene(100, 50);
    expect(after[0]).toBeCloseTo(before[0]);
    expect(after[1]).toBeCloseTo(before[1]);
  });

  it('shows the top of a graph too tall to read as a whole', () => {
    const view = new Viewport();
    view.width = 400;
    view.height = 300;
    view.start(300, 50_000);
    expect(view.scale).toBeGreaterThan(0.3);
    expect(view.top).toBeLessThanOrEqual(0);
  });

  it('moves no more than it must to reveal something', () => {
    const view = new Viewport();
    view.width = 400;
    view.height = 300;
    view.reveal({ x: 100, y: 100, width: 50, height: 20 });
    expect([view.left, view.top]).toEqual([0, 0]);
    view.reveal({ x: 100, y: 1000, width: 50, height: 20 });
    expect(view.left).toBe(0);
    expect(view.top).toBe(1000 + 20 + 12 - 300);
  });
});
