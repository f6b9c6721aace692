// The page /docs: every route of the server, from its OpenAPI description, to read and to try.

const TEXTS = {
  en: {
    token: 'Token',
    send: 'Send',
    body: 'Body',
    file: 'or a picture',
    sending: 'Sending …',
    failed: 'The server does not answer: ',
    inference: 'Inference',
    models: 'Models',
    health: 'Health',
    settings: 'Settings'
  },
  zh: {
    token: '令牌',
    send: '发送',
    body: '请求体',
    file: '或一张图片',
    sending: '正在发送……',
    failed: '服务器没有响应：',
    inference: '推理',
    models: '模型',
    health: '健康状况',
    settings: '设置'
  }
};
// The descriptions of the routes, as the server writes them.
const ZH = {
  'Is the server alive?': '服务器是否在运行？',
  'Do all models have a worker that is ready?':
    '是否每个模型都有就绪的工作进程？',
  'What is this server?': '这是什么服务器？',
  'Which models are there?': '有哪些模型？',
  'What does a model take and return?': '模型的输入和输出是什么？',
  'What does a version of a model take and return?':
    '模型某个版本的输入和输出是什么？',
  'Does a model have a worker that is ready?': '模型是否有就绪的工作进程？',
  'Does a version of a model have a worker that is ready?':
    '模型的某个版本是否有就绪的工作进程？',
  'Run a model on tensors: those that its program takes, after its preprocessing.':
    '用张量运行模型：即预处理之后、程序接受的张量。',
  'Run a version of a model on tensors.': '用张量运行模型的某个版本。',
  'Run a model on texts or pictures, with its processing before and after.':
    '用文本或图片运行模型，包括预处理和后处理。',
  'Run the only model on texts or pictures.': '用文本或图片运行唯一的模型。',
  'How is a model served?': '模型的服务设置是什么？',
  'Change how a model is served, while it runs.':
    '在运行中修改模型的服务设置。',
  'Which versions of which models are ready?': '哪些模型的哪些版本已就绪？',
  'Take a model from its path again, without losing a request.':
    '从原路径重新加载模型，不丢失任何请求。',
  'What the server has counted, in the format of Prometheus.':
    '服务器的统计数据，Prometheus 格式。'
};

const isChinese = navigator.language.toLowerCase().startsWith('zh');
const text = TEXTS[isChinese ? 'zh' : 'en'];
const ORDER = ['inference', 'models', 'settings', 'health'];

/** Return an element with properties and children; text is never HTML. */
function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function headers(hasJson) {
  const token = document.getElementById('token').value;
  return {
    ...(hasJson ? { 'content-type': 'application/json' } : {}),
    ...(token ? { authorization: `Bearer ${token}` } : {})
  };
}

/** Return what a route may be sent, for the model that it names. */
function example(path, models) {
  const task = models[0]?.task ?? '';
  if (path.endsWith('/infer')) {
    const inputs = (models[0]?.inputs ?? []).map(input => {
      const shape = input.shape.map(size => (size === -1 ? 1 : size));
      const count = shape.reduce((product, size) => product * size, 1);
      return {
        name: input.name,
        shape,
        datatype: input.datatype,
        data: count <= 64 ? Array(count).fill(0) : []
      };
    });
    return JSON.stringify({ inputs }, null, 2);
  }
  if (path.endsWith('/settings')) {
    return '{"batch": 8, "wait_ms": 2}';
  }
  return task === 'text-classification'
    ? '{"text": "房间很干净"}'
    : '{"picture": "…"}';
}

function shellQuoted(value) {
  return `'${value.replaceAll("'", "'\\''")}'`;
}

function command(method, url, body, file) {
  const parts = ['curl'];
  if (method !== 'GET') {
    parts.push('-X', method);
  }
  if (document.getElementById('token').value) {
    parts.push('-H', shellQuoted('Authorization: Bearer TOKEN'));
  }
  if (file) {
    parts.push(
      '--data-binary',
      shellQuoted(`@${file.name}`),
      '-H',
      shellQuoted('Content-Type: image/*')
    );
  } else if (body) {
    parts.push(
      '-H',
      shellQuoted('Content-Type: application/json'),
      '-d',
      shellQuoted(body)
    );
  }
  return [...parts, shellQuoted(url)].join(' ');
}

function route(method, path, operation, models) {
  const names = [...path.matchAll(/{(\w+)}/g)].map(match => match[1]);
  const known = {
    name: models[0]?.name ?? '',
    version: models[0]?.versions.at(-1) ?? ''
  };
  const fields = names.map(name => {
    const input = element('input', {
      name,
      required: true,
      value: known[name] ?? ''
    });
    return element('label', {}, `${name} `, input);
  });
  const form = element('form', {}, ...fields);
  let body = null;
  let picture = null;
  if (operation.requestBody) {
    body = element('textarea', {
      spellcheck: false,
      value: example(path, models)
    });
    form.append(element('label', {}, text.body, body));
    if (
      path.endsWith('predict') &&
      models.some(each => each.task !== 'text-classification')
    ) {
      picture = element('input', { type: 'file', accept: 'image/*' });
      form.append(element('label', {}, `${text.file} `, picture));
    }
  }
  const answer = element('pre', { hidden: true });
  answer.setAttribute('role', 'status');
  const shell = element('pre', { hidden: true });
  form.append(element('button', { type: 'submit' }, text.send));
  form.addEventListener('submit', async event => {
    event.preventDefault();
    const filled = path.replaceAll(/{(\w+)}/g, (_, name) =>
      encodeURIComponent(form.elements.namedItem(name).value)
    );
    const file = picture?.files[0];
    const url = new URL(filled.slice(1), document.baseURI).href;
    answer.hidden = shell.hidden = false;
    answer.textContent = text.sending;
    shell.textContent = command(method, url, body?.value, file);
    try {
      const start = performance.now();
      const response = await fetch(url, {
        method,
        headers: headers(body && !file),
        body: file ?? body?.value
      });
      const content = await response.text();
      const duration = performance.now() - start;
      answer.textContent = `${response.status}  ${duration.toFixed(1)} ms\n${pretty(content)}`;
    } catch (error) {
      answer.textContent = text.failed + error.message;
    }
  });
  return element(
    'details',
    {},
    element(
      'summary',
      {},
      element('span', { className: 'pw-Reference-method' }, method),
      element('span', { className: 'pw-Reference-path' }, path),
      element('div', { className: 'pw-Reference-about' }, described(operation))
    ),
    form,
    shell,
    answer
  );
}

function described(operation) {
  const description = operation.description ?? '';
  return isChinese ? (ZH[description] ?? description) : description;
}

function pretty(content) {
  try {
    return JSON.stringify(JSON.parse(content), null, 2);
  } catch {
    return content;
  }
}

async function json(path) {
  const response = await fetch(new URL(path, document.baseURI), {
    headers: headers(false)
  });
  return response.ok ? response.json() : null;
}

async function show() {
  const main = document.getElementById('routes');
  const description = await json('openapi.json');
  const names = (await json('v2/models'))?.models ?? [];
  const models = (
    await Promise.all(names.map(name => json(`v2/models/${name}`)))
  ).filter(Boolean);
  if (!description) {
    return; // until the token is right
  }
  const groups = new Map(ORDER.map(tag => [tag, []]));
  for (const [path, operations] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const group =
        groups.get(operation.tags?.[0] ?? 'models') ?? groups.get('models');
      group.push(route(method.toUpperCase(), path, operation, models));
    }
  }
  main.replaceChildren(
    ...[...groups].flatMap(([tag, routes]) => [
      element('h2', {}, text[tag]),
      ...routes
    ])
  );
}

document.documentElement.lang = isChinese ? 'zh-CN' : 'en';
for (const each of document.querySelectorAll('[data-text]')) {
  each.textContent = text[each.dataset.text];
}
document.getElementById('token').addEventListener('change', show);
await show();
