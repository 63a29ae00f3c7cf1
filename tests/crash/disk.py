"""What a folder holds after a loss of power, made from what points.c recorded of its syncs.

lost    names as of the last fsync of their folder, contents as of the last sync of their file
kept    every name as it was at the end, contents as of the last sync: what was never synced is an empty file
torn    each name by chance as synced or as at the end; of what was written since a file's last sync a prefix
holes   names and lengths as at the end; of the sectors written since a file's last sync some are as before, or zeros

Sectors have 512 or 4096 bytes, by chance.

A file that was moved from one folder to another is in one of them, never in both, as journaling file systems have it;
it may be in neither, if only the folder that it left was synced.
"""

import os

VARIANTS = ["lost", "kept", "torn", "holes"]
HOLES = 0.25


def forget_dead(folder, records):
    """Between two processes on one disk: files that are gone may leave their inodes to others."""
    live = {str(os.lstat(os.path.join(parent, name)).st_ino)
            for parent, folders, files in os.walk(folder) for name in folders + files}
    live.add(str(os.stat(folder).st_ino))
    for record in os.listdir(records):
        path = os.path.join(records, record)
        if record.split(".")[1] not in live or record.endswith(".new"):
            os.unlink(path)
        elif record.startswith("d."):
            lines = open(path).read().splitlines(keepends=True)
            with open(path, "w") as file:
                file.writelines(line for line in lines if line.split(" ")[0] in live)


class Disk:
    def __init__(self, folder, records, rng):
        self.folder, self.records, self.rng = folder, records, rng
        self.live = {os.stat(folder).st_ino: folder}
        for parent, folders, files in os.walk(folder):
            self.live.update({os.lstat(path).st_ino: path for path in (os.path.join(parent, n) for n in folders + files)})

    def record(self, kind, inode):
        path = os.path.join(self.records, f"{kind}.{inode}")
        if not os.path.exists(path):
            return None
        with open(path, "rb") as file:
            return file.read()

    def is_folder(self, inode):
        return os.path.isdir(self.live[inode]) if inode in self.live else self.record("d", inode) is not None

    def names(self, inode, variant):
        lines = (self.record("d", inode) or b"").decode().splitlines()
        synced = {name: int(number) for number, name in (line.split(" ", 1) for line in lines)}
        path = self.live.get(inode)
        now = {entry.name: entry.inode() for entry in os.scandir(path)} if path else synced
        if variant != "torn":
            return synced if variant == "lost" else now
        chosen = {name: self.rng.choice([synced.get(name), now.get(name)]) for name in sorted(synced | now)}
        return {name: number for name, number in chosen.items() if number is not None}

    def content(self, inode, variant):
        synced = self.record("f", inode) or b""
        if variant in ("lost", "kept") or inode not in self.live:
            return synced
        with open(self.live[inode], "rb") as file:
            now = file.read()
        sector = self.rng.choice([512, 4096])
        if variant == "torn":
            end = self.rng.randrange(max(len(now), len(synced)) // sector + 2) * sector
            return now[:end] + synced[end:]
        found = bytearray()
        for at in range(0, len(now), sector):
            found += (synced if self.rng.random() < HOLES else now)[at : at + sector].ljust(sector, b"\0")
        return bytes(found[: len(now)])

    def tree(self, inode, variant, path=""):
        for name, number in sorted(self.names(inode, variant).items()):
            yield os.path.join(path, name), number
            if self.is_folder(number):
                yield from self.tree(number, variant, os.path.join(path, name))

    def write(self, out, variant):
        """The folder as it would be found, as `out`, which does not exist yet."""
        places = {}
        for path, inode in self.tree(os.stat(self.folder).st_ino, variant):
            places.setdefault(inode, []).append(path)
        os.mkdir(out)
        for inode, paths in sorted(places.items(), key=lambda place: place[1][0]):
            now = os.path.relpath(self.live.get(inode, self.folder), self.folder)
            path = os.path.join(out, now if now in paths else paths[0])
            if self.is_folder(inode):
                os.makedirs(path, exist_ok=True)
                continue
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(self.content(inode, variant))
