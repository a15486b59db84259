"""What is written of a night: a sample (a line of samples.jsonl), and its result (night.json)."""

STARTING_SECONDS = 5  # in which an engine's 0 means that it has not said yet how fast it is


def sample(night, turn, ended=None):
    """`ended`: the slice that has just been counted."""
    active = [piece.process.output for piece in night.slices if piece.turn is turn]
    corpus = night.corpora[turn.name]
    speed = sum(output.per_second for output in active) + (ended.speed() if ended else 0)
    fresh = sum(output.runs for output in active)
    starts = not speed and any(piece.turn is turn and piece.elapsed() < STARTING_SECONDS for piece in night.slices)
    return {
        "t": round(night.elapsed(), 1), "target": turn.name, "sequences": turn.tonight["sequences"] + fresh,
        "calls": turn.tonight["calls"] + int(fresh * turn.calls_per_sequence), "per_second": speed,
        "calls_per_second": None if starts else round(speed * turn.calls_per_sequence),
        "coverage": max([turn.coverage] + [output.coverage for output in active]),
        "corpus": max([len(corpus.files)] + [output.corpus for output in active]),
        "states": corpus.states, "findings": len(night.desk.met),
    }


def night(told):
    """`told`: a campaign_night.Night."""
    met = [told.desk.store.load(name) for name in told.desk.met]
    return {
        "id": told.id, "started": told.started_at, "seconds": round(told.elapsed(), 1), "seed": told.manifest["seed"],
        "jobs": told.manifest["jobs"], "state": told.manifest["state"],
        "targets": {turn.name: target(told, turn) for turn in told.turns if turn.weight},
        "findings": [{"name": one["name"], "rule": one["rule"], "status": one["status"], "first_seen": one["first_seen"],
                      "ticket": one["ticket"], "met": told.desk.met[one["name"]]} for one in met],
        "coverage": told.coverage, "version": told.version,
    }


def target(told, turn):
    corpus = told.corpora[turn.name]
    return {
        "seconds": round(turn.tonight["seconds"], 1), "sequences": turn.tonight["sequences"], "calls": turn.tonight["calls"],
        "coverage": turn.coverage, "corpus_before": told.files_before.get(turn.name, 0), "corpus_after": len(corpus.files),
        "states": corpus.states, "aside": turn.aside or None,
    }
