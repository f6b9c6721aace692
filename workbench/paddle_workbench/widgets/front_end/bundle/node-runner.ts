/**
 * Runs a bundle in Node as a page does: the same WebAssembly, the same steps. The child process of
 * `export/targets/browser.py` starts it with the number of a socket; `child_process.Worker` speaks
 * the other side of the protocol.
 */
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { Network } from './network';
import {
  POSTPROCESSING,
  PREPROCESSING,
  placements,
  postprocess,
  preprocess
} from './steps';
import type { Postprocessing, Preprocessing, Vocabularies } from './steps';
import type { ITensor } from './tensor';

/** A tensor whose bytes are written as base64. */
interface IWireTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: string;
}

interface IRequests {
  readonly open: { readonly model: string; readonly runtime: string };
  readonly run: { readonly inputs: readonly IWireTensor[] };
  readonly steps: unknown;
  readonly preprocess: {
    /** Texts, or pictures as tensors of the shape (height, width, 3). */
    readonly values: readonly (string | IWireTensor)[];
    readonly steps: readonly Preprocessing[];
    readonly vocabularies: Vocabularies;
  };
  readonly postprocess: {
    readonly outputs: readonly IWireTensor[];
    readonly steps: readonly Postprocessing[];
    readonly labels: readonly string[];
    /** Sizes of the pictures and the steps before the network, for boxes in their pixels. */
    readonly sizes?: readonly (readonly [number, number])[];
    readonly before?: readonly Preprocessing[];
  };
}

interface IReply {
  readonly values: Readonly<Record<string, unknown>>;
  readonly tensors?: readonly ITensor[];
}

let network: Network | undefined;

const HANDLERS: {
  readonly [Name in keyof IRequests]: (
    request: IRequests[Name]
  ) => IReply | Promise<IReply>;
} = {
  open: async ({ model, runtime }) => {
    network = await Network.open(
      readFileSync(model),
      gunzipSync(readFileSync(runtime))
    );
    return { values: { inputs: network.inputs } };
  },
  run: async ({ inputs }) => {
    const tensors = await network?.run(inputs.map(tensorFrom));
    return { values: {}, tensors: tensors ?? [] };
  },
  steps: () => ({
    values: {
      preprocessing: Object.keys(PREPROCESSING),
      postprocessing: Object.keys(POSTPROCESSING)
    }
  }),
  preprocess: ({ values, steps, vocabularies }) => {
    const raw = values.map(value => {
      if (typeof value === 'string') {
        return value;
      }
      const [height = 0, width = 0] = value.shape;
      return { width, height, rgb: tensorFrom(value).bytes };
    });
    return { values: {}, tensors: [preprocess(raw, steps, vocabularies)] };
  },
  postprocess: ({ outputs, steps, labels, sizes, before = [] }) => {
    const places = sizes?.map(([height, width]) => ({
      height,
      width,
      rgb: new Uint8Array()
    }));
    const results = postprocess(
      outputs.map(tensorFrom),
      steps,
      labels,
      places === undefined ? undefined : placements(places, before)
    );
    return { values: { results } };
  }
};

function tensorFrom({ dtype, shape, data }: IWireTensor): ITensor {
  return { dtype, shape, bytes: new Uint8Array(Buffer.from(data, 'base64')) };
}

async function replyTo(line: string): Promise<IReply> {
  const request = JSON.parse(line) as Record<string, unknown>;
  const [name = '', body] = Object.entries(request)[0] ?? [];
  const handle = HANDLERS[name as keyof IRequests] as (
    body: unknown
  ) => IReply | Promise<IReply>;
  try {
    return await handle(body);
  } catch (error) {
    return { values: { error: String(error) } };
  }
}

function send(socket: Socket, { values, tensors = [] }: IReply): void {
  const described = tensors.map(({ dtype, shape, bytes }) => ({
    dtype,
    shape,
    bytes: bytes.byteLength
  }));
  const json = Buffer.from(JSON.stringify({ ...values, tensors: described }));
  const size = tensors.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  const head = Buffer.alloc(12);
  head.writeUInt32BE(json.length, 0);
  head.writeBigUInt64BE(BigInt(size), 4);
  socket.write(head);
  socket.write(json);
  for (const { bytes } of tensors) {
    socket.write(bytes);
  }
}

// An interrupt is for the process that asks; this one ends with its socket.
process.on('SIGINT', () => undefined);
const socket = new Socket({ fd: Number(process.argv[2]) });
let rest: Buffer[] = [];
let queue = Promise.resolve();
socket.on('data', (data: Buffer) => {
  const end = data.indexOf('\n');
  if (end < 0) {
    rest.push(data);
    return;
  }
  const line = Buffer.concat([...rest, data.subarray(0, end)]).toString();
  rest = [data.subarray(end + 1)];
  queue = queue.then(async () => {
    send(socket, await replyTo(line));
  });
});
socket.on('end', () => process.exit());
