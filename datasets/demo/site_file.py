"""The demo's site file: places, zones, and waiting times short enough to watch."""

import json
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from datasets.demo.shot import Ring
from datasets.demo.town import town

DEPARTMENT = {"code": "114213030000000001", "name": "曾都区城市管理执法局（演示）"}
# Invented places around Zengdu, Suizhou: a demo, no real cameras.
CAMERAS: dict[str, dict[str, Any]] = {
    "market-street": {
        "type": "cctv", "analyse_fps": 1, "kind": "street_vending",
        "lon": 113.3712, "lat": 31.7165, "address": "曾都区解放路农贸市场东侧",
        "grid": "421303001002003",
    },
    "bin-corner": {
        "type": "cctv", "analyse_fps": 1, "kind": "overflowing_bin",
        "lon": 113.3748, "lat": 31.7141, "address": "曾都区烈山大道垃圾收集点",
        "grid": "421303001002011",
    },
    "site-gate": {
        "type": "cctv", "analyse_fps": 5, "kind": "dirty_truck",
        "lon": 113.3861, "lat": 31.7202, "address": "曾都区迎宾大道工地出入口",
        "grid": "421303002005007",
    },
    "block-survey": {
        "type": "drone", "analyse_fps": 1, "kind": "illegal_structure",
        "lon": 113.3795, "lat": 31.7098, "address": "曾都区东城街道老居民区",
        "grid": "421303001004002",
    },
}  # fmt: skip
DEFAULTS = {
    "street_vending": {"dwell": "20s", "looks": 3, "clear": "8s", "dedupe": "4h"},
    "overflowing_bin": {"dwell": "20s", "looks": 2, "clear": "6s", "dedupe": "until_cleared"},
    "dirty_truck": {"dwell": "0s", "looks": 3, "clear": "5s", "dedupe": "10m"},
    "illegal_structure": {
        "dwell": "15s", "looks": 3, "clear": "30s", "dedupe": "until_cleared", "learn": "20s",
    },
}  # fmt: skip


MAP = "map.geojson"


def write_site(path: Path, zones: dict[str, dict[str, Ring]]) -> None:
    """Write the site file, and beside it the map that it names.

    Args:
        path: Where; the videos lie beside it, named after their cameras.
        zones: Camera to zone name to normalised polygon.
    """
    cameras = []
    for name, facts in CAMERAS.items():
        place = {
            "lon": facts["lon"], "lat": facts["lat"], "crs": "WGS84", "address": facts["address"],
            "grid": facts["grid"], "department": dict(DEPARTMENT),
        }  # fmt: skip
        areas = [
            {"name": zone, "polygon": ring, "watch": [facts["kind"]]}
            for zone, ring in zones[name].items()
        ]
        cameras.append(
            {
                "id": name,
                "source": f"{name}.mp4",
                "type": facts["type"],
                "analyse_fps": facts["analyse_fps"],
                "place": place,
                "zones": areas,
            }
        )
    site = {
        "site": {
            "name": "Zengdu demo",
            "timezone": "Asia/Shanghai",
            "division": "421303",
            "language": "zh",
        },
        "storage": {"database": "sqlite:///streetwarden.db", "evidence": "evidence"},
        "console": {"map": {"background": MAP}},
        "defaults": DEFAULTS,
        "cameras": cameras,
    }
    drawn = json.dumps(town(), ensure_ascii=False, indent=None)
    path.with_name(MAP).write_text(drawn + "\n", encoding="utf-8")
    yaml = YAML()
    yaml.default_flow_style = None
    yaml.width = 100
    with path.open("w", encoding="utf-8") as file:
        file.write("# The demo site. Rendered: nobody and no place in it is real.\n")
        yaml.dump(site, file)
