"""Programs whose threads share a predictor, and programs whose threads do not.

In the wrong ones a comment marks the line that runs the predictor, or hands it to threads.
"""

from __future__ import annotations

__all__ = ["HEAD", "RIGHT", "WRONG"]

HEAD = """\
import asyncio, threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from queue import Queue
from threading import Lock, Thread
from paddle.inference import Config, create_predictor
config = Config("net.json", "net.pdiparams")
"""

WRONG = {
    "threads in a loop": """
predictor = create_predictor(config)
def work():
    predictor.run()  # here
threads = [Thread(target=work) for _ in range(2)]
""",
    "two threads": """
predictor = create_predictor(config)
def work(x):
    handle = predictor.get_input_handle("x")  # here
    handle.copy_from_cpu(x)
    predictor.run()
first = Thread(target=work, args=(1,))
second = Thread(target=work, args=(2,))
first.start(); second.start()
first.join(); second.join()
""",
    "one thread and the notebook": """
predictor = create_predictor(config)
def work():
    predictor.run()  # here
thread = Thread(target=work)
thread.start()
predictor.run()
thread.join()
""",
    "passed as an argument": """
predictor = create_predictor(config)
def work(own, number):
    own.run()  # here
for number in range(4):
    Thread(target=work, args=(predictor, number)).start()
""",
    "an executor's map": """
predictor = create_predictor(config)
def ask(x):
    predictor.run()  # here
with ThreadPoolExecutor(4) as pool:
    list(pool.map(ask, range(10)))
""",
    "submit of the predictor's own method": """
predictor = create_predictor(config)
pool = ThreadPoolExecutor()
futures = [pool.submit(predictor.run) for _ in range(8)]  # here
""",
    "map of a new predictor's method": """
with ThreadPoolExecutor(2) as pool:
    results = list(pool.map(PaddleOCR().predict, ["a.png", "b.png"]))  # here
""",
    "a lambda": """
predictor = create_predictor(config)
pool = ThreadPoolExecutor(2)
futures = [pool.submit(lambda: predictor.run()) for _ in range(8)]  # here
""",
    "a function in between": """
shared = create_predictor(config)
def put(predictor, x):
    predictor.get_input_handle("x").copy_from_cpu(x)  # here
def ask(x):
    put(shared, x)
    shared.run()
ThreadPoolExecutor(2).map(ask, range(3))
""",
    "a function opens it, and a closure shares it": """
def open_predictor():
    return create_predictor(config)
def main():
    predictor = open_predictor()
    def work(x):
        return predictor.run()  # here
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, range(3)))
main()
""",
    "a cached function": """
from functools import cache
@cache
def open_predictor():
    return create_predictor(config)
def work(x):
    open_predictor().run()  # here
with ThreadPoolExecutor(2) as pool:
    pool.map(work, range(3))
""",
    "a global that is opened once": """
predictor = None
def opened():
    global predictor
    if predictor is None:
        predictor = create_predictor(config)
    return predictor
def work(x):
    opened().run()  # here
with ThreadPoolExecutor(2) as pool:
    pool.map(work, range(3))
""",
    "an attribute that is set once": """
class State: pass
state = State()
def opened():
    if not hasattr(state, "predictor"):
        state.predictor = create_predictor(config)
    return state.predictor
def work(x):
    opened().run()  # here
with ThreadPoolExecutor(2) as pool:
    pool.map(work, range(3))
""",
    "an initializer with a global": """
def start():
    global predictor
    predictor = create_predictor(config)
def work(x):
    predictor.run()  # here
with ThreadPoolExecutor(2, initializer=start) as pool:
    pool.map(work, range(3))
""",
    "a lock of each call": """
predictor = create_predictor(config)
def work(x):
    with Lock():
        predictor.run()  # here
with ThreadPoolExecutor(2) as pool:
    pool.map(work, range(3))
""",
    "a semaphore for two": """
predictor = create_predictor(config)
turn = threading.Semaphore(2)
def work(x):
    with turn:
        predictor.run()  # here
with ThreadPoolExecutor(4) as pool:
    pool.map(work, range(3))
""",
    "a lock around a part": """
predictor, lock = create_predictor(config), Lock()
def work(x):
    with lock:
        predictor.get_input_handle("x").copy_from_cpu(x)
    predictor.run()  # here
with ThreadPoolExecutor(2) as pool:
    pool.map(work, range(3))
""",
    "an object with a predictor": """
class Reader:
    def __init__(self):
        self.predictor = create_predictor(config)
    def read(self, x):
        self.predictor.run()  # here
reader = Reader()
with ThreadPoolExecutor(2) as pool:
    pool.map(reader.read, range(3))
""",
    "an object that starts threads": """
class Service:
    def __init__(self):
        self.predictor = create_predictor(config)
        self.pool = ThreadPoolExecutor(4)
    def work(self, x):
        return self.predictor.run()  # here
    def ask(self, xs):
        return [self.pool.submit(self.work, x) for x in xs]
""",
    "a class of threads": """
class Worker(Thread):
    def __init__(self, predictor):
        super().__init__()
        self.predictor = predictor
    def run(self):
        self.predictor.run()  # here
shared = create_predictor(config)
workers = [Worker(shared) for _ in range(2)]
""",
    "FastAPI": """
from fastapi import FastAPI
app = FastAPI()
predictor = create_predictor(config)
@app.post("/predict")
def predict(x: str):
    predictor.run()  # here
""",
    "FastAPI with a state": """
from fastapi import FastAPI, Request
app = FastAPI()
@app.on_event("startup")
def start():
    app.state.ocr = PaddleOCR()
@app.post("/ocr")
def read(request: Request):
    return request.app.state.ocr.predict("a.png")  # here
""",
    "FastAPI with a table of models": """
from fastapi import FastAPI
from paddlenlp import Taskflow
models = {"ner": Taskflow("ner")}
app = FastAPI()
@app.get("/ner")
def recognise(text: str):
    return models["ner"](text)  # here
""",
    "FastAPI with a cached dependency": """
from functools import lru_cache
from fastapi import Depends, FastAPI
from paddleocr import TextRecognition
app = FastAPI()
@lru_cache
def recogniser():
    return TextRecognition()
@app.post("/read")
def read(model=Depends(recogniser)):
    return model.predict("a.png")  # here
""",
    "Flask": """
from flask import Flask
from paddleocr import PaddleOCR
app = Flask(__name__)
ocr = PaddleOCR(lang="ch")
@app.route("/ocr", methods=["POST"])
def read():
    return ocr.predict("a.png")  # here
app.run()
""",
    "a server of the standard library": """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
predictor = create_predictor(config)
class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.answer()
    def answer(self):
        predictor.run()  # here
ThreadingHTTPServer(("127.0.0.1", 0), Handler).serve_forever()
""",
    "an attribute of a handler's class": """
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn
class Server(ThreadingMixIn, HTTPServer):
    pass
class Handler(BaseHTTPRequestHandler):
    predictor = create_predictor(config)
    def do_GET(self):
        self.predictor.run()  # here
Server(("127.0.0.1", 0), Handler).serve_forever()
""",
    "asyncio": """
predictor = create_predictor(config)
def work(x):
    predictor.run()  # here
async def main():
    await asyncio.gather(*(asyncio.to_thread(work, x) for x in range(4)))
""",
    "asyncio's executor in a route": """
from fastapi import FastAPI
app = FastAPI()
predictor = create_predictor(config)
def work(x):
    predictor.run()  # here
@app.post("/predict")
async def predict(x: str):
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, work, x)
""",
    "joblib": """
from joblib import Parallel, delayed
import paddle.inference as paddle_infer
predictor = paddle_infer.create_predictor(config)
def work(x):
    predictor.run()  # here
Parallel(n_jobs=2, prefer="threads")(delayed(work)(x) for x in range(4))
""",
    "a pipeline of PaddleX": """
from paddlex import create_pipeline
pipeline = create_pipeline("OCR")
with ThreadPoolExecutor(4) as pool:
    results = list(pool.map(pipeline.predict, ["a.png", "b.png"]))  # here
""",
    "an attribute of a server": """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.predictor.run()  # here
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.predictor = create_predictor(config)
""",
    "FastAPI with a lifespan": """
from contextlib import asynccontextmanager
from fastapi import FastAPI
models = {}
@asynccontextmanager
async def lifespan(app):
    models["ocr"] = PaddleOCR()
    yield
app = FastAPI(lifespan=lifespan)
@app.post("/ocr")
def read(content: bytes):
    return models["ocr"].predict(content)  # here
""",
    "a thread of a coroutine in a route": """
from fastapi import FastAPI
app, ocr = FastAPI(), PaddleOCR()
@app.post("/ocr")
async def read(path: str):
    return await asyncio.to_thread(ocr.predict, path)  # here
""",
}

RIGHT = {
    "no threads": """
predictor = create_predictor(config)
for x in range(3):
    predictor.run()
""",
    "a lock": """
predictor, lock = create_predictor(config), Lock()
def work(x):
    with lock:
        predictor.get_input_handle("x").copy_from_cpu(x)
        predictor.run()
with ThreadPoolExecutor(2) as pool:
    pool.map(work, range(3))
""",
    "a lock that is acquired and released": """
predictor, turn = create_predictor(config), threading.Lock()
def work(x):
    turn.acquire()
    try:
        predictor.run()
    finally:
        turn.release()
with ThreadPoolExecutor(2) as pool:
    pool.map(work, range(3))
""",
    "a lock around a call": """
predictor, lock = create_predictor(config), Lock()
def ask(x):
    predictor.run()
def work(x):
    with lock:
        return ask(x)
with ThreadPoolExecutor(2) as pool:
    pool.map(work, range(3))
""",
    "a lock of an object": """
class Reader:
    def __init__(self):
        self.predictor = create_predictor(config)
        self._turn = threading.RLock()
    def read(self, x):
        with self._turn:
            self.predictor.run()
reader = Reader()
with ThreadPoolExecutor(2) as pool:
    pool.map(reader.read, range(3))
""",
    "a lock as an argument": """
predictor = create_predictor(config)
def work(predictor, lock):
    with lock:
        predictor.run()
lock = Lock()
threads = [Thread(target=work, args=(predictor, lock)) for _ in range(2)]
""",
    "a predictor of each thread": """
def work(x):
    predictor = create_predictor(config)
    predictor.run()
with ThreadPoolExecutor(2) as pool:
    pool.map(work, range(3))
""",
    "a function opens one in each thread": """
def open_predictor():
    predictor = create_predictor(config)
    return predictor
def work(x):
    predictor = open_predictor()
    predictor.run()
threads = [Thread(target=work, args=(x,)) for x in range(2)]
""",
    "a clone in each thread": """
predictor = create_predictor(config)
def work(x):
    own = predictor.clone()
    own.run()
with ThreadPoolExecutor(2) as pool:
    pool.map(work, range(3))
""",
    "clones are passed": """
predictor = create_predictor(config)
def work(own):
    own.run()
for _ in range(2):
    Thread(target=work, args=(predictor.clone(),)).start()
""",
    "each thread gets a new one": """
def work(own):
    own.run()
for _ in range(2):
    predictor = create_predictor(config)
    Thread(target=work, args=(predictor,)).start()
""",
    "threading.local": """
local = threading.local()
def own():
    if not hasattr(local, "predictor"):
        local.predictor = create_predictor(config)
    return local.predictor
def work(x):
    own().run()
with ThreadPoolExecutor(2) as pool:
    pool.map(work, range(3))
""",
    "an initializer with threading.local": """
local = threading.local()
def start():
    local.predictor = create_predictor(config)
def work(x):
    local.predictor.run()
with ThreadPoolExecutor(2, initializer=start) as pool:
    pool.map(work, range(3))
""",
    "a list of predictors": """
predictors = [create_predictor(config) for _ in range(2)]
def work(number):
    predictors[number].run()
threads = [Thread(target=work, args=(number,)) for number in range(2)]
""",
    "a loop over predictors": """
predictors = [create_predictor(config) for _ in range(2)]
def work(predictor):
    predictor.run()
for predictor in predictors:
    Thread(target=work, args=(predictor,)).start()
""",
    "a queue of predictors": """
free = Queue()
for _ in range(2):
    free.put(create_predictor(config))
def work(x):
    predictor = free.get()
    predictor.run()
    free.put(predictor)
with ThreadPoolExecutor(4) as pool:
    pool.map(work, range(3))
""",
    "processes": """
def start():
    global predictor
    predictor = create_predictor(config)
def work(x):
    predictor.run()
with ProcessPoolExecutor(2, initializer=start) as pool:
    pool.map(work, range(3))
""",
    "an executor with one thread": """
predictor = create_predictor(config)
def work(x):
    predictor.run()
with ThreadPoolExecutor(max_workers=1) as pool:
    results = list(pool.map(work, range(3)))
""",
    "one thread that has it alone": """
predictor = create_predictor(config)
predictor.run()
def work():
    predictor.run()
thread = Thread(target=work)
thread.start()
thread.join()
predictor.run()
""",
    "threads one after the other": """
predictor = create_predictor(config)
def work():
    predictor.run()
for _ in range(3):
    thread = Thread(target=work)
    thread.start()
    thread.join()
""",
    "ONNX Runtime": """
import onnxruntime
session = onnxruntime.InferenceSession("model.onnx")
def work(x):
    return session.run(None, {"x": x})
with ThreadPoolExecutor(2) as pool:
    pool.map(work, range(3))
""",
    "a bundle": """
from paddle_workbench import Bundle
bundle = Bundle("bundles/sentiment")
with ThreadPoolExecutor(2) as pool:
    pool.map(bundle.predict, ["很好", "很小"])
""",
    "a client of a server": """
from paddle_workbench import ServingClient
predictor = create_predictor(config)
predictor.run()
client = ServingClient("http://127.0.0.1:9292")
def predict(text):
    return client.predict(text)
with ThreadPoolExecutor(2) as pool:
    pool.map(predict, ["很好", "很小"])
""",
    "FastAPI with a coroutine": """
from fastapi import FastAPI
app = FastAPI()
predictor = create_predictor(config)
@app.post("/predict")
async def predict(x: str):
    predictor.run()
""",
    "FastAPI with a coroutine, a lock and a thread": """
from fastapi import FastAPI
app = FastAPI()
predictor, lock = create_predictor(config), asyncio.Lock()
def work(x):
    predictor.run()
@app.post("/predict")
async def predict(x: str):
    async with lock:
        return await asyncio.to_thread(work, x)
""",
    "FastAPI with a predictor of each request": """
from fastapi import Depends, FastAPI
app = FastAPI()
def opened():
    return create_predictor(config)
@app.post("/predict")
def predict(predictor=Depends(opened)):
    predictor.run()
""",
    "Flask without threads": """
from flask import Flask
from paddleocr import PaddleOCR
app = Flask(__name__)
ocr = PaddleOCR(lang="ch")
@app.route("/ocr")
def read():
    return ocr.predict("a.png")
app.run(threaded=False)
""",
    "a server without threads": """
from http.server import BaseHTTPRequestHandler, HTTPServer
predictor = create_predictor(config)
class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        predictor.run()
HTTPServer(("127.0.0.1", 0), Handler).serve_forever()
""",
    "a class of threads, each with its own": """
class Worker(Thread):
    def __init__(self):
        super().__init__()
        self.predictor = create_predictor(config)
    def run(self):
        self.predictor.run()
workers = [Worker() for _ in range(2)]
""",
    "awaited one after the other": """
predictor = create_predictor(config)
def work(x):
    predictor.run()
async def main():
    for x in range(4):
        await asyncio.to_thread(work, x)
""",
    "threads that do something else": """
predictor = create_predictor(config)
def fetch(path):
    return open(path, "rb").read()
with ThreadPoolExecutor(4) as pool:
    for content in pool.map(fetch, ["a.png", "b.png"]):
        predictor.run()
""",
    "a lock with a limit": """
predictor, turn = create_predictor(config), Lock()
def work(x):
    if turn.acquire(timeout=3):
        predictor.run()
        turn.release()
with ThreadPoolExecutor(2) as pool:
    pool.map(work, range(3))
""",
    "a lock in a table": """
predictor = create_predictor(config)
state = {"lock": Lock()}
def work(x):
    with state["lock"]:
        predictor.run()
with ThreadPoolExecutor(2) as pool:
    pool.map(work, range(3))
""",
    "a class of threading.local": """
class Own(threading.local):
    def __init__(self):
        self.predictor = create_predictor(config)
own = Own()
def work(x):
    own.predictor.run()
with ThreadPoolExecutor(2) as pool:
    pool.map(work, range(3))
""",
    "Paddle's pool of predictors": """
from paddle.inference import PredictorPool
predictors = PredictorPool(config, 2)
def work(number):
    predictors.retrive(number).run()
with ThreadPoolExecutor(2) as pool:
    pool.map(work, range(2))
""",
    "one thread behind a queue": """
waiting = Queue()
predictor = create_predictor(config)
def work():
    while True:
        waiting.get()
        predictor.run()
Thread(target=work, daemon=True).start()
waiting.put(1)
""",
}
