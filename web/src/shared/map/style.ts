/** The map's look: warm paper, quiet rivers as thick as their flow, marks on top. No glyph server, no tiles from elsewhere. */
import type { ExpressionSpecification, StyleSpecification } from 'maplibre-gl'

const RIVER = '#6d9fb8'
const RIVER_LABEL = '#3a6378'
const INK = '#1f1d1a'
const PAPER = '#f7f5f1'
const ACCENT = '#0f6b6b'

/** Pixels of width against mean flow: logarithmic, because flows span four powers of ten. */
const flowWidth: ExpressionSpecification = [
  'interpolate',
  ['linear'],
  ['ln', ['+', 1, ['max', 0, ['to-number', ['get', 'discharge_m3s'], 0]]]],
  0, 1.2,
  1, 2,
  3, 4,
  5, 7,
  7, 10,
]

export const EMPTY = { type: 'FeatureCollection' as const, features: [] }

export function mapStyle(origin: string, locale: string): StyleSpecification {
  return {
    version: 8,
    sources: {
      reaches: { type: 'vector', tiles: [`${origin}/api/v1/tiles/reaches/{z}/{x}/{y}.mvt`], minzoom: 0, maxzoom: 14, promoteId: 'id' },
      outfalls: { type: 'geojson', data: EMPTY },
      stations: { type: 'geojson', data: EMPTY },
      names: { type: 'geojson', data: EMPTY },
      candidates: { type: 'geojson', data: EMPTY },
      bottles: { type: 'geojson', data: EMPTY },
      signs: { type: 'geojson', data: EMPTY },
      pin: { type: 'geojson', data: EMPTY },
    },
    layers: [
      { id: 'paper', type: 'background', paint: { 'background-color': PAPER } },
      {
        id: 'reach-chosen',
        type: 'line',
        source: 'reaches',
        'source-layer': 'reaches',
        filter: ['==', ['get', 'id'], -1],
        layout: { 'line-cap': 'round', 'line-join': 'round' },
        paint: { 'line-color': ACCENT, 'line-opacity': 0.35, 'line-width': ['interpolate', ['linear'], ['zoom'], 7, ['+', 6, ['*', 0.5, flowWidth]], 15, ['+', 8, ['*', 2, flowWidth]]] },
      },
      {
        id: 'reaches',
        type: 'line',
        source: 'reaches',
        'source-layer': 'reaches',
        layout: { 'line-cap': 'round', 'line-join': 'round' },
        paint: {
          'line-color': RIVER,
          'line-width': ['interpolate', ['linear'], ['zoom'], 7, ['*', 0.5, flowWidth], 11, flowWidth, 15, ['*', 2, flowWidth]],
        },
      },
      {
        id: 'river-names',
        type: 'symbol',
        source: 'names',
        layout: {
          'text-field': ['get', 'name'],
          'text-size': 13,
          'text-letter-spacing': locale === 'zh' ? 0.15 : 0.02,
          'text-variable-anchor': ['bottom-left', 'top-left', 'bottom-right', 'top-right'],
          'text-radial-offset': 0.7,
          'text-max-width': 20,
        },
        paint: { 'text-color': RIVER_LABEL, 'text-halo-color': PAPER, 'text-halo-width': 1.5 },
      },
      {
        id: 'outfalls',
        type: 'symbol',
        source: 'outfalls',
        layout: {
          'icon-image': ['get', 'mark'],
          'icon-allow-overlap': true,
          'icon-size': ['interpolate', ['linear'], ['zoom'], 8, 0.5, 12, 1],
        },
        // Many outfalls and little room: far out they step back, so that the stations can be read.
        paint: { 'icon-opacity': ['interpolate', ['linear'], ['zoom'], 7, 0, 8, 0.7, 11, 1] },
      },
      {
        // Below all marks, for what lies on top is placed first: so the name keeps clear of every one of them.
        id: 'candidate-names',
        type: 'symbol',
        source: 'candidates',
        filter: ['all', ['==', ['geometry-type'], 'Point'], ['!=', ['get', 'name'], '']],
        layout: {
          'text-field': ['get', 'name'],
          'text-size': 13,
          'text-variable-anchor': ['left', 'right', 'top', 'bottom', 'top-left', 'top-right', 'bottom-left', 'bottom-right'],
          // In ems of the text's size.
          'text-radial-offset': ['/', ['get', 'clear'], 13],
          'text-max-width': 14,
          // It is never dropped, whatever lies beside it.
          'text-allow-overlap': true,
        },
        paint: { 'text-color': ACCENT, 'text-halo-color': '#ffffff', 'text-halo-width': 2.5 },
      },
      {
        id: 'stations',
        type: 'symbol',
        source: 'stations',
        layout: {
          'icon-image': ['get', 'mark'],
          'icon-allow-overlap': true,
          'icon-ignore-placement': false,
          'symbol-sort-key': ['get', 'order'],
          'icon-size': ['interpolate', ['linear'], ['zoom'], 6, 0.7, 10, 1],
          'text-field': ['step', ['zoom'], '', 11, ['get', 'name']],
          'text-size': 12,
          'text-variable-anchor': ['left', 'right', 'top', 'bottom'],
          'text-radial-offset': 1.4,
          'text-optional': true,
          'text-max-width': 12,
        },
        paint: { 'text-color': INK, 'text-halo-color': PAPER, 'text-halo-width': 1.5 },
      },
      {
        id: 'bottles',
        type: 'symbol',
        source: 'bottles',
        layout: { 'icon-image': ['get', 'mark'], 'icon-allow-overlap': true, 'icon-ignore-placement': false },
      },
      {
        id: 'signs',
        type: 'symbol',
        source: 'signs',
        layout: {
          'icon-image': ['get', 'mark'],
          'icon-allow-overlap': true,
          'icon-ignore-placement': false,
          'symbol-sort-key': ['get', 'order'],
          'text-field': ['step', ['zoom'], '', 10, ['get', 'name']],
          'text-size': 12,
          'text-variable-anchor': ['left', 'right', 'top', 'bottom'],
          'text-radial-offset': 1.6,
          'text-optional': true,
          'text-max-width': 12,
        },
        paint: { 'text-color': INK, 'text-halo-color': PAPER, 'text-halo-width': 1.5 },
      },
      {
        id: 'candidate-leaders',
        type: 'line',
        source: 'candidates',
        filter: ['==', ['geometry-type'], 'LineString'],
        paint: { 'line-color': INK, 'line-width': 1 },
      },
      {
        id: 'candidates',
        type: 'symbol',
        source: 'candidates',
        filter: ['==', ['geometry-type'], 'Point'],
        layout: {
          'icon-image': ['get', 'mark'],
          'icon-allow-overlap': true,
          'icon-ignore-placement': false,
          'symbol-sort-key': ['get', 'order'],
        },
      },
      {
        id: 'chosen',
        type: 'circle',
        source: 'pin',
        filter: ['==', ['get', 'role'], 'chosen'],
        paint: { 'circle-radius': 18, 'circle-color': 'rgba(0,0,0,0)', 'circle-stroke-color': ACCENT, 'circle-stroke-width': 2.5 },
      },
      {
        id: 'pin',
        type: 'symbol',
        source: 'pin',
        filter: ['==', ['get', 'role'], 'pin'],
        layout: { 'icon-image': 'pin', 'icon-allow-overlap': true },
      },
    ],
  }
}
