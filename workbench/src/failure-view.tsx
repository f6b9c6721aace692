import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { IFailure } from './failure';
import { describeFailure } from './failure';

interface IFailureViewProps {
  failure: IFailure;
  onRetry: () => void;
  trans: TranslationBundle;
}

/** A sentence, a hint and a way to try again. */
export function FailureView(props: IFailureViewProps): React.JSX.Element {
  const { failure, onRetry, trans } = props;
  return (
    <div className="pw-Failure" role="alert">
      <p className="pw-Failure-message">{failure.message}</p>
      {failure.hint !== '' && <p className="pw-Failure-hint">{failure.hint}</p>}
      <button type="button" className="pw-Button" onClick={onRetry}>
        {trans.__('Retry')}
      </button>
    </div>
  );
}

interface IErrorBoundaryProps {
  trans: TranslationBundle;
}

interface IErrorBoundaryState {
  failure: IFailure | null;
}

/** Shows what went wrong in place of a view that cannot be drawn. */
export class ErrorBoundary extends React.Component<
  React.PropsWithChildren<IErrorBoundaryProps>,
  IErrorBoundaryState
> {
  override state: IErrorBoundaryState = { failure: null };

  override componentDidCatch(error: Error): void {
    this.setState({ failure: describeFailure(error, this.props.trans) });
  }

  override render(): React.ReactNode {
    const { failure } = this.state;
    if (failure === null) {
      return this.props.children;
    }
    return (
      <FailureView
        failure={failure}
        onRetry={() => {
          this.setState({ failure: null });
        }}
        trans={this.props.trans}
      />
    );
  }
}
