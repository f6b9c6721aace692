"""The codes of the coach's and the doctor's findings.

A code is never given to another finding. `PW-X` are the codes of exports, which stand where they
are raised, as do `PW-L` of the ledger and `PW-T` of finding where a result goes wrong; `PW-C` are
those of the coach, `PW-D` those of the doctor. `PW-S` are those of serving: what a check of
notebooks finds, and errors of Paddle.
"""

from __future__ import annotations

__all__ = ["CHECK_FAILED", "COACH", "DOCTOR", "ERRORS", "code_of_error"]

COACH = {
    # No rule explains it.
    "unknown": "PW-C001",
    # Why SOT breaks a graph, or makes none.
    "break-tensor-value": "PW-C101",
    "break-python-number": "PW-C102",
    "break-print": "PW-C103",
    "break-python-random": "PW-C104",
    "break-clock": "PW-C105",
    "break-import": "PW-C106",
    "break-generator": "PW-C107",
    "break-format": "PW-C108",
    "break-by-request": "PW-C109",
    "break-loop": "PW-C110",
    "break-branch": "PW-C111",
    "break-builtin": "PW-C112",
    "ambiguous-global": "PW-C113",
    "small-graph": "PW-C114",
    "sot-gave-up": "PW-C115",
    # What AST conversion rejects.
    "branch-dtype": "PW-C201",
    "branch-rank": "PW-C202",
    "branch-structure": "PW-C203",
    "loop-becomes-tensor": "PW-C204",
    "tensor-recursion": "PW-C205",
    "tolist": "PW-C206",
    "python-number": "PW-C207",
    "python-truth": "PW-C208",
    "view-in-place": "PW-C209",
    "tensor-attribute": "PW-C210",
    "raise-in-branch": "PW-C211",
    "recursion-limit": "PW-C212",
    "lambda": "PW-C213",
    "error-in-code": "PW-C214",
    # What AST conversion accepts and changes.
    "numpy-under-ast": "PW-C301",
    "side-effect": "PW-C302",
    "frozen-random": "PW-C303",
    "undefined-in-branch": "PW-C304",
    "match-statement": "PW-C305",
    "isinstance-tensor": "PW-C306",
    "tensor-as-text": "PW-C307",
    "layer-in-forward": "PW-C308",
    "self-by-another-name": "PW-C309",
    "in-place-statement": "PW-C310",
    "yield-in-loop": "PW-C311",
    "freed-loop-result": "PW-C312",
    # What `paddle.jit.save` refuses or saves wrongly.
    "unused-input": "PW-C401",
    "output-saved-as-input": "PW-C402",
    "not-saved": "PW-C403",
    "unregistered-layer": "PW-C404",
    "predictor-failed": "PW-C405",
    # Why the result differs, or was not compared.
    "not-compared": "PW-C501",
    "random-result": "PW-C502",
    "training-mode": "PW-C503",
    "result-differs": "PW-C504",
    "trace-differs": "PW-C505",
    "pass-changes-result": "PW-C506",
}
"""From the kind of an explanation to its code."""

CHECK_FAILED = "PW-D001"
"""A check of the doctor raised an exception."""

DOCTOR = {
    "python": "PW-D101",
    "system_libraries": "PW-D102",
    "versions": "PW-D103",
    "modules": "PW-D104",
    "paddle": "PW-D201",
    "processor": "PW-D202",
    "gpu": "PW-D203",
    "onednn": "PW-D204",
    "imports": "PW-D205",
    "fonts": "PW-D206",
    "bundled": "PW-D301",
    "ocr_models": "PW-D302",
    "jupyterlab": "PW-D401",
    "labextension": "PW-D402",
    "server_extension": "PW-D403",
    "kernel": "PW-D404",
    "warm_kernels": "PW-D405",
    "home": "PW-D501",
    "space": "PW-D502",
    "image": "PW-D601",
    "image_user": "PW-D602",
    "image_volume": "PW-D603",
}
"""From a check to the code of its warnings and faults."""

ERRORS = {
    "Tensor holds no memory": "PW-S102",
}
"""From what an error of another library says to the code of its cause."""


def code_of_error(message: str) -> str:
    """Return the code that explains an error of another library; empty if there is none.

    Parameters
    ----------
    message : str
        Contains what the error says.
    """
    return next((code for words, code in ERRORS.items() if words in message), "")
