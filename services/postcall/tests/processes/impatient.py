"""The post-call service as a process, with waits that a test can sit through."""

from functools import partial

from parley_core.runtime import main
from parley_postcall.app import app
from parley_postcall.settings import PostcallSettings
from parley_postcall.tuning import PostcallTuning

if __name__ == "__main__":
    tuning = PostcallTuning(settle_s=0, heartbeat_s=1, part_retry_max_s=1)
    main("postcall", PostcallSettings, partial(app, tuning=tuning))
