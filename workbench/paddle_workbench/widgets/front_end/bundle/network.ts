import * as ort from 'onnxruntime-web/wasm';
import { elementsOf, tensorOf } from './tensor';
import type { ITensor } from './tensor';

/**
 * An ONNX model, opened by ONNX Runtime Web in this page or process.
 */
export class Network {
  private constructor(private readonly _session: ort.InferenceSession) {}

  /**
   * Open a model.
   *
   * @param model - the content of an ONNX file
   * @param runtime - the WebAssembly of ONNX Runtime Web
   */
  static async open(model: Uint8Array, runtime: Uint8Array): Promise<Network> {
    // More threads need a page that is isolated from others, which no file is.
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmBinary = runtime;
    ort.env.logLevel = 'error';
    const session = await ort.InferenceSession.create(model, {
      executionProviders: ['wasm'],
      logSeverityLevel: 3
    });
    return new Network(session);
  }

  /** Names of the inputs, in the order of the tensors that `run` takes. */
  get inputs(): readonly string[] {
    return this._session.inputNames;
  }

  async run(inputs: readonly ITensor[]): Promise<ITensor[]> {
    const feeds = Object.fromEntries(
      this.inputs.map((name, place) => [name, ortTensor(inputs[place])])
    );
    const outputs = await this._session.run(feeds);
    return this._session.outputNames.map(name => {
      const output = outputs[name];
      if (output === undefined || output.type === 'string') {
        throw new Error(`The output ${name} is not an array of numbers.`);
      }
      return tensorOf(
        output.type,
        output.dims,
        output.data as Exclude<typeof output.data, string[]>
      );
    });
  }
}

function ortTensor(tensor: ITensor | undefined): ort.Tensor {
  if (tensor === undefined) {
    throw new Error('An input is missing.');
  }
  return new ort.Tensor(
    tensor.dtype as 'float32',
    elementsOf(tensor) as Float32Array,
    tensor.shape
  );
}
