"""Runs inside Chama's own environment: a contaminant at every junction of a water network, and Chama's optimum of
placement.

Usage: python _chama_peer.py Net3.inp 3,5,8 matrix.npz   (numbers of sensors; writes the matrix of detection times; one line of JSON on
    the standard output)
"""

import json
import os
import sys
import tempfile
import time

import chama
import numpy as np
import pandas as pd
import wntr

HOUR_S = 3_600
RELEASE_H, HORIZON_H, REPORT_S = 1, 48, 900
MASS_KG_S, THRESHOLD_KG_M3 = 1e-4, 1e-6
SOLVER = "appsi_highs"


def simulated(network_file: str) -> tuple[list[str], pd.DataFrame]:
    """Concentrations at every junction over time, a column for each junction at which the contaminant enters."""
    water = wntr.network.WaterNetworkModel(network_file)
    time_options = water.options.time
    time_options.duration, time_options.report_timestep = HORIZON_H * HOUR_S, REPORT_S
    water.options.quality.parameter = "CHEMICAL"
    release = wntr.network.elements.Pattern.binary_pattern(
        "release", 0, RELEASE_H * HOUR_S, time_options.pattern_timestep, HORIZON_H * HOUR_S
    )
    water.add_pattern("release", release)
    junctions = water.junction_name_list
    columns = {}
    for junction in junctions:
        water.add_source("source", junction, "MASS", MASS_KG_S, "release")
        quality = wntr.sim.EpanetSimulator(water).run_sim().node["quality"][junctions]
        water.remove_source("source")
        column = quality.stack()
        columns[junction] = column.rename_axis(["T", "Node"])
    return junctions, pd.DataFrame(columns).reset_index()


def main() -> None:
    """Simulate, let Chama find the sensors, hand over the matrix and the times."""
    network_file, matrix_file = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[3])
    counts = [int(count) for count in sys.argv[2].split(",")]
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # EPANET leaves its files where it is
        junctions, signal = simulated(network_file)
        os.chdir("/")
    simulation_s = time.perf_counter() - began

    began = time.perf_counter()
    sensors = {
        name: chama.sensors.Sensor(
            position=chama.sensors.Stationary(name),
            detector=chama.sensors.Point(THRESHOLD_KG_M3, sorted(signal["T"].unique())),
        )
        for name in junctions
    }
    times = chama.impact.extract_detection_times(signal, sensors)
    impact = chama.impact.detection_time_stats(times)[["Scenario", "Sensor", "Min"]]
    impact = impact.rename(columns={"Min": "Impact"})
    impact["Impact"] /= HOUR_S
    detection_s = time.perf_counter() - began

    scenarios = pd.DataFrame({"Scenario": junctions, "Undetected Impact": float(HORIZON_H)})
    solutions = []
    for count in counts:
        formulation = chama.optimize.ImpactFormulation()
        began = time.perf_counter()
        formulation.create_pyomo_model(impact=impact, scenario=scenarios, sensor_budget=count)
        model_s = time.perf_counter() - began
        began = time.perf_counter()
        formulation.solve_pyomo_model(mip_solver_name=SOLVER)
        solver_s = time.perf_counter() - began
        found = formulation.create_solution_summary()
        solutions.append(
            {
                "count": count,
                "objective": found["Objective"],
                "nodes": sorted(found["Sensors"]),
                "model_s": model_s,
                "solver_s": solver_s,
            }
        )

    matrix = impact.pivot(index="Scenario", columns="Sensor", values="Impact")
    matrix = matrix.reindex(index=junctions, columns=junctions)
    np.savez(matrix_file, impact=matrix.to_numpy(dtype=float), undetected=float(HORIZON_H))
    print(
        json.dumps(
            {
                "solutions": solutions,
                "nodes": junctions,
                "simulation_s": simulation_s,
                "detection_s": detection_s,
                "versions": f"Chama {chama.__version__}, WNTR {wntr.__version__}",
            }
        )
    )


main()
