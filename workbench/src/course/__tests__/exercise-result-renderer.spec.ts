import { MimeModel } from '@jupyterlab/rendermime';
import { nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { exampleResult } from '../../__tests__/example-course';
import { EXERCISE_MIME_TYPE } from '../exercise-result';
import { ExerciseResultRenderer } from '../exercise-result-renderer';

const trans = nullTranslator.load('paddle_workbench');

async function rendered(content: unknown): Promise<ExerciseResultRenderer> {
  const renderer = new ExerciseResultRenderer({ language: 'en', trans });
  Widget.attach(renderer, document.body);
  await renderer.renderModel(
    new MimeModel({ data: { [EXERCISE_MIME_TYPE]: content as never } })
  );
  // Lumino redraws with the next message, React with the one after.
  await new Promise(resolve => setTimeout(resolve, 50));
  return renderer;
}

describe('ExerciseResultRenderer', () => {
  it('shows the result in the language of the interface', async () => {
    const renderer = await rendered(exampleResult());
    expect(renderer.node.textContent).toContain('Padding was counted, too.');
    renderer.dispose();
  });

  it('reports an output that is not a result', async () => {
    const renderer = await rendered({ passed: 'yes' });
    expect(renderer.node.querySelector('[role=alert]')?.textContent).toBe(
      'This result cannot be shown. Run the cell again.'
    );
    renderer.dispose();
  });
});
