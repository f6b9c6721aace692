import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { TranslationManager } from '@jupyterlab/translation';
import { translateSchema } from '../schema-translation';
import catalog from '../../paddle_workbench/locale/zh_CN/LC_MESSAGES/paddle_workbench.json';
import schema from '../../schema/course.json';

describe('translateSchema', () => {
  it('translates titles and descriptions, and leaves values as they are', async () => {
    const translator = new TranslationManager('', '', undefined, {
      fetch: () =>
        Promise.resolve({ data: { paddle_workbench: catalog }, message: '' })
    } as never);
    await translator.fetch('zh_CN');

    const translated = translateSchema(
      schema as unknown as ISettingRegistry.ISchema,
      translator.load('paddle_workbench')
    );

    expect(translated.title).toBe('课程');
    expect(translated.properties?.openOnStart).toMatchObject({
      title: '启动时显示课程',
      default: 'auto',
      oneOf: [
        { const: 'auto', title: '自动' },
        { const: 'always', title: '总是' },
        { const: 'never', title: '从不' }
      ]
    });
    expect(translated['jupyter.lab.shortcuts']).toEqual(
      schema['jupyter.lab.shortcuts']
    );
  });
});
