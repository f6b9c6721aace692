"""A trained network with everything that is needed to use it elsewhere, in one folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from ..contract import BundleRecord, Language, Postprocessing, Preprocessing, Task, Weights
from ..errors import BundleError, ExportError
from ..program.formats.saved import read
from ..program.model.structure import Program
from ..scratch import ScratchFolder
from ..storage import locked
from .adding import add_target, made_again
from .attempt import Listener
from .bundle_files import RECORD, named_path, pack
from .bundle_folder import BundleFolder
from .examples import Example, read_examples
from .making import make_bundle
from .page import LIMIT_MB, write_page
from .pipeline import Pipeline, open_pipeline
from .preflight import Preflight, examine, preflight_of
from .programs import copy_program
from .samples import SAMPLES, EagerSample, read_samples
from .saving import LINES, save_network
from .targets.registry import target_named
from .targets.target import PROGRAM_FOLDER, Options

__all__ = ["Bundle"]

_BATCHES = (list, tuple)


class Bundle:
    """A network as a folder: program, weights, processing, labels, samples, and exported targets.

    Every file is listed in `bundle.json` with its SHA-256, and nothing in a bundle is executed:
    steps of processing are names with parameters. `Bundle(path)` opens a folder, or one zip file of
    it, after comparing every file with its digest.

    Parameters
    ----------
    path : str or Path
        `~` is the home folder, in all paths that functions of bundles take.

    Raises
    ------
    BundleError
        If it is not a whole and unchanged bundle.
    SchemaVersionError
        If a newer version of the workbench made it.
    """

    def __init__(self, path: str | Path) -> None:
        self._opened = BundleFolder(named_path(path, code="PW-X301"))
        self.path, self.folder = self._opened.path, self._opened.folder
        self._pipelines: dict[tuple[str, int], Pipeline] = {}

    def __repr__(self) -> str:
        record = self.record
        targets = ", ".join(record.targets) or "not exported yet"
        return f"Bundle({record.name} {record.version}, {record.task}: {targets})"

    @property
    def record(self) -> BundleRecord:
        """What `bundle.json` says, with what other objects and processes have exported since.

        Raises
        ------
        BundleError
            If a file of such an export is not what the record says.
        """
        if self._opened.renew():
            self._pipelines = {}
        return self._opened.record

    def _check_current(self) -> BundleRecord:
        """Return the record, if the files next to it are still those of this bundle."""
        record = self.record
        if self._opened.is_replaced:
            raise made_again(self.path)
        return record

    @classmethod
    def create(
        cls,
        path: str | Path,
        network: Any,
        *,
        input_spec: Sequence[Any],
        examples: Sequence[Any],
        held_out: Sequence[Any] = (),
        task: Task = "tensors",
        labels: Sequence[str] = (),
        preprocessing: Sequence[Preprocessing] = (),
        postprocessing: Sequence[Postprocessing] | None = None,
        files: Mapping[str, Sequence[str]] | None = None,
        metrics: Mapping[str, float] | None = None,
        version: str = "1",
        licence: str = "",
    ) -> Bundle:
        """Save a network as a bundle; a bundle that was there before is replaced as a whole.

        Parameters
        ----------
        path : str or Path
            The folder to make. Its name is the name of the bundle.
        network : paddle.nn.Layer
            It is saved in evaluation mode, and not changed.
        input_spec : sequence of InputSpec
        examples : sequence
            A few inputs, with which every target is compared with the eager network: raw inputs as
            `predict` takes them.
        held_out : sequence
            Raw inputs on which changed decisions are counted; by default the examples.
        task : {"text-classification", "image-classification", "text-recognition", \
"object-detection", "tensors"}
        labels : sequence of str
            One for each output of a classifier and each class of a detector; the characters of a
            recogniser, without the blank.
        preprocessing : sequence of Preprocessing
            Steps from a raw input to the program's inputs.
        postprocessing : sequence of Postprocessing, optional
            Steps from the program's outputs to a result; by default those of the task. A detector
            has none: pass `YoloBoxes` with its anchors and strides.
        files : mapping of str to sequence of str, optional
            Vocabularies that the steps name, by file name: a path inside the bundle.
        metrics : mapping of str to float, optional
            As measured on the held-out set.
        version, licence : str

        Raises
        ------
        BundleError
            If an argument is not what a bundle holds, the network cannot be traced or run on the
            examples, or the path is another folder.
        """
        make_bundle(
            named_path(path, code="PW-X409"),
            lambda folder: save_network(network, input_spec, folder),
            examples=examples,
            task=task,
            labels=labels,
            preprocessing=preprocessing,
            postprocessing=postprocessing,
            files=files,
            metrics=metrics,
            version=version,
            licence=licence,
            held_out=held_out,
        )
        return cls(path)

    @classmethod
    def from_program(
        cls, path: str | Path, program: str | Path, *, examples: Sequence[Any], **options: Any
    ) -> Bundle:
        """Make a bundle of a program that was saved elsewhere, such as a model of PaddleOCR.

        Without the network, the outputs of the samples are those of the Predictor without oneDNN,
        with which the other targets are compared then; the record says so.

        Parameters
        ----------
        path : str or Path
            The folder to make, as for `create`.
        program : str or Path
            A folder with `inference.json` and `inference.pdiparams`, or the path of another `.json`
            file next to its `.pdiparams`. It is copied.
        examples : sequence
            As for `create`.
        **options
            As for `create`, except the network and its input_spec.

        Raises
        ------
        BundleError
            If there is no such program, it is in the format of Paddle 2, or the Predictor refuses
            the examples.
        ProgramError
            If the file is not a program.
        """
        source = named_path(program, code="PW-X308")
        make_bundle(
            named_path(path, code="PW-X409"),
            lambda folder: copy_program(source, folder),
            examples=examples,
            samples_from="predictor",
            **options,
        )
        return cls(path)

    @cached_property
    def samples(self) -> list[EagerSample]:
        """The inputs on which targets are compared, with the eager outputs."""
        return read_samples(self.folder / SAMPLES, self._check_current().samples)

    @cached_property
    def examples(self) -> list[Example]:
        """The first raw examples: texts, or pictures as uint8 arrays (height, width, 3) in RGB."""
        self._check_current()
        return read_examples(self.folder)

    @cached_property
    def program(self) -> Program:
        """The program as it was traced, with the lines of the learner's code."""
        self._check_current()
        return read(self.folder / PROGRAM_FOLDER / LINES).program

    def preflight(
        self,
        target: str,
        *,
        weights: Weights = "fp32",
        without: str | Sequence[str] = (),
        run: bool = True,
        listener: Listener | None = None,
    ) -> Preflight:
        """Report whether a target accepts the bundle; see `export.opening.preflight`."""
        self._check_current()
        return preflight_of(
            self, target, weights=weights, without=without, run=run, listener=listener
        )

    def export(
        self,
        target: str,
        *,
        weights: Weights = "fp32",
        without: str | Sequence[str] = (),
        listener: Listener | None = None,
    ) -> Preflight:
        """Export to a target, into the bundle, with its parity; an earlier export is replaced.

        Parameters
        ----------
        target : str
        weights : {"fp32", "fp16", "int8"}
            How the target stores the weights. `mnn` has the smaller ones, and so do `onnx` and
            `browser` with int8, if the bundle has a plan (`compression.quantize`); what counts as
            equal there is in `export.parity`.
        without : str or sequence of str
            Passes that Paddle Inference leaves out, here and in `predict`, such as `inplace_pass`.
        listener : callable, optional
            Called with the progress, a `contract.JobProgress`.

        Returns
        -------
        Preflight
            Its findings are warnings.

        Raises
        ------
        ExportError
            With all findings, if the target does not accept the program or is not equal. The
            bundle is unchanged.
        BundleError
            If there is no such target, it has no such weights, its passes cannot be left out, the
            bundle is a zip file, or it was made again after it was opened.
        StorageError
            If the disk is full or the folder cannot be written. The bundle is unchanged.
        """
        chosen = target_named(target)
        if self.folder != self.path:
            raise BundleError(
                f"{self.path} is a zip file, which is not changed.",
                "Unpack it, and export the folder.",
                code="PW-X503",
            )
        self._check_current()
        options = Options.of(weights, without)
        with ScratchFolder("export") as scratch:
            result = examine(self, target, scratch, options, listener)
            if not result.is_accepted or result.parity is None:
                first = result.findings[0]
                raise ExportError(
                    f"{self.record.name} was not exported to {chosen.title}: {first.message}",
                    first.hint,
                    preflight=result,
                    code=first.code,
                )
            with locked(self.folder / RECORD):
                self._opened.record = add_target(
                    self.path, self._opened.record, chosen, scratch, result.parity, options
                )
            self._pipelines = {}
        return result

    def predict(self, value: Any, *, target: str = "inference", threads: int = 2) -> Any:
        """Run the bundle on one raw input, or on a list of them.

        Parameters
        ----------
        value
            A text, a picture as a uint8 array (height, width, 3) in RGB or as a PIL picture in
            RGB, or a list of these; for a bundle without preprocessing a list with one array for
            each input of the program.
        target : str
            One to which the bundle was exported; `inference` runs in any case.
        threads : int

        Returns
        -------
        Prediction, or a list of them
            That of a detector has `boxes`, each with label, score and corners. Without
            postprocessing the list of output arrays.

        Raises
        ------
        BundleError
            If the bundle was not exported to the target, the input is not what it takes, or the
            bundle was made again before its first use of the target.
        """
        # Once open, the files are not looked at again: that takes longer than a small network.
        try:
            run = self._pipelines[target, threads]
        except (KeyError, TypeError):  # what cannot be a key is named when it is opened
            run = self._open(target, threads)
        if isinstance(value, _BATCHES):
            return run(value)
        results = run([value])
        return results[0] if self._opened.record.postprocessing else results

    def _open(self, target: str, threads: int) -> Pipeline:
        self._check_current()
        # An export meanwhile replaces them: what is opened here is then not used again.
        pipelines = self._pipelines
        run = open_pipeline(self._opened.record, self.folder, target, threads)
        pipelines[target, threads] = run
        return run

    def to_html(
        self, path: str | Path, *, limit_mb: float = LIMIT_MB, lang: Language | None = None
    ) -> Path:
        """Write one HTML file that runs the network in the reader's browser, without a kernel.

        It contains the model, ONNX Runtime Web, the steps, the examples and the samples, takes a
        text or a picture, and compares itself with Paddle. It loads nothing from elsewhere.

        Parameters
        ----------
        path : str or Path
            The file to write.
        limit_mb : float
            Largest size of the file, in megabytes.
        lang : {"zh", "en"}, optional
            By default the language of the browser; the reader can change it.

        Returns
        -------
        Path

        Raises
        ------
        BundleError
            If the bundle was not exported to `browser`, has no preprocessing or postprocessing, or
            the file would be larger than the limit.
        """
        self._check_current()
        page = named_path(path, code="PW-X507")
        write_page(self, page, limit_mb=limit_mb, language=lang)
        return page

    def pack(self, path: str | Path) -> Path:
        """Write the bundle as one zip file, and return its path."""
        packed = named_path(path, code="PW-X409")
        pack(self.folder, self._check_current(), packed)
        return packed
