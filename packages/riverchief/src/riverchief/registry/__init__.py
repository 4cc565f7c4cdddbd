"""Who and where: basins, rivers, reaches, sections, stations, outfalls, duties."""
