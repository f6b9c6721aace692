import type { TranslationBundle } from '@jupyterlab/translation';
import type { KernelReport } from '../contract';

/** Evaluated in the kernel; an error where the kernel has no workbench. */
export const KERNEL_EXPRESSION =
  "__import__('paddle_workbench.environment.kernel', fromlist=['report_json']).report_json()";

/**
 * Read the answer to KERNEL_EXPRESSION; null if the kernel could not evaluate it.
 */
export function parseKernelReport(answer: unknown): KernelReport | null {
  const { status, data } = (answer ?? {}) as {
    status?: unknown;
    data?: Record<string, unknown>;
  };
  const text = data?.['text/plain'];
  if (status !== 'ok' || typeof text !== 'string') {
    return null;
  }
  try {
    return JSON.parse(unquote(text)) as KernelReport;
  } catch {
    return null;
  }
}

/** The text about a kernel in the status bar. */
export function describeKernel(
  report: KernelReport,
  trans: TranslationBundle
): string {
  if (report.paddle === null) {
    return trans.__('No Paddle');
  }
  const name = `Paddle ${report.paddle}`;
  const start = report.warm ? trans.__('warm') : trans.__('cold');
  return report.device === null
    ? trans.__('%1 · not imported yet · %2', name, start)
    : `${name} · ${deviceName(report.device)} · ${start}`;
}

function deviceName(device: string): string {
  return device.toUpperCase().replace(':', ' ');
}

/** Undo Python's `repr` of a string; JSON in ASCII needs no more than these two escapes. */
function unquote(text: string): string {
  return text
    .trim()
    .slice(1, -1)
    .replace(/\\(['\\])/g, '$1');
}
