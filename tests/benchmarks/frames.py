"""Counting frames in a page."""

# A function of a number of seconds that returns frames per second.
FRAMES = """seconds => new Promise(done => {
  let frames = 0;
  const start = performance.now();
  const count = now => {
    frames++;
    if (now - start < seconds * 1000) requestAnimationFrame(count);
    else done(frames / ((now - start) / 1000));
  };
  requestAnimationFrame(count);
})"""
