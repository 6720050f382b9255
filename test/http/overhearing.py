"""Who listens to what a front says to PostgreSQL, and who ends its connections over it."""
import time

from middleman import ANSWERED, ASKED, Middleman

SYNC, BIND = b"S", b"B"


class Listener(Middleman):
    """Keeps what statements are bound to, by the transaction."""

    def __init__(self, stack):
        self.transactions = [[]] # the last has not ended
        super().__init__(stack)

    def watcher(self):
        heard, began = b"", False

        def watch(which, data):
            nonlocal heard, began
            if which == ASKED:
                heard += data
                while len(heard) >= 5:
                    kind = heard[:1] if began else b"" # the first message has none
                    length = len(kind) + int.from_bytes(heard[len(kind):len(kind) + 4], "big")
                    if len(heard) < length:
                        break
                    self.note(kind, heard[:length])
                    heard, began = heard[length:], True
            return data, True

        return watch

    def note(self, kind, message):
        if kind == SYNC:
            self.transactions.append([])
        elif kind == BIND:
            self.transactions[-1].append(message)

    @property
    def count(self):
        return len(self.transactions) - 1

    def named(self, *texts, since):
        """Which of the texts each transaction after so many had in it, where it had any."""
        found = [[text for text in texts if any(text.encode() in message for message in bound)]
                 for bound in self.transactions[since:]]
        return [each for each in found if each]


class Mute(Middleman):
    """Passes no setting's value on, as a pooler may not. It may end a connection on which it is asked for the token then."""

    SETTING = b"S"
    is_mute = True
    ends = False

    def watcher(self):
        heard = b""

        def watch(which, data):
            nonlocal heard
            if which == ASKED:
                return (b"", False) if self.ends and b"\0consistency\0" in data else (data, True)
            heard, passed = heard + data, b""
            while len(heard) >= 5 and len(heard) >= (length := 1 + int.from_bytes(heard[1:5], "big")):
                passed += b"" if heard[:1] == self.SETTING and self.is_mute else heard[:length]
                heard = heard[length:]
            return passed, bool(data)

        return watch


class Ender(Middleman):
    """Ends a connection on which something is asked that names one of `at`."""

    at = ()

    def watcher(self):
        return lambda which, data: (b"", False) if any(name.encode() in data for name in self.at) else (data, True)


class Slow(Middleman):
    """Passes each piece of an answer on a while after it came."""

    delay = 0 # seconds
    answers = 0

    def watcher(self):
        def watch(which, data):
            if which == ANSWERED:
                time.sleep(self.delay)
                self.answers += 1
            return data, True

        return watch


class Spoiler(Middleman):
    """Once, what names `at` is asked by a statement that the server does not know, as after DISCARD ALL behind a pooler."""

    STATEMENT = b"\0native " # its name begins so
    at = None

    def watcher(self):
        def watch(which, data):
            if which == ASKED and self.at and self.at in data:
                place = data.rindex(self.STATEMENT, 0, data.index(self.at))
                data, self.at = data[:place] + self.STATEMENT.upper() + data[place + len(self.STATEMENT):], None
            return data, True

        return watch
