import { expect, it } from 'vitest'
import { parametersOf } from './parameters'

const value = { value: 1, unit: 'mg/L', at: '2020-01-07T00:00:00Z', flag: 'N' }

it('the parameters that decide the class come first, unknown ones last', () => {
  const values = { w99: value, tp: value, ph: value, nh3n: value }
  expect(parametersOf({ values, deciding: ['tp'] })).toEqual(['tp', 'ph', 'nh3n', 'w99'])
})
