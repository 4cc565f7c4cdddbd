/** Invented duties and accounts for looking at the page. */
import type * as T from '../../src/shared/api/types'

const person = (id: number, name_zh: string, name_en: string): T.Ref => ({ id, name_zh, name_en })
const duty = (given: Partial<T.Duty> & Pick<T.Duty, 'id' | 'person'>): T.Duty => ({
  kind: 'chief', level: 'county', area_code: '500101', area_zh: '江东区', area_en: 'Jiangdong County', river_id: 1, reach_id: null, reach_code: '', water_zh: '清溪河', water_en: 'Qingxi River', phone: '19900000001',
  position: '区委副书记、区长', valid_from: '2024-03-01', valid_to: null, stand_in: null, ...given,
})
const city = { level: 'city', area_code: '500000', area_zh: '山城市', area_en: 'Hill City' }
const town = (name_zh: string, name_en: string) => ({ level: 'town', area_code: '500101001', area_zh: name_zh, area_en: name_en, position: '镇党委书记、镇长' })
export const duties: T.Duty[] = [
  duty({ id: 1, person: person(1, '陈安明', 'Chen Anming'), kind: 'dual_head', river_id: null, water_zh: '', water_en: '', ...city, position: '市委书记' }),
  duty({ id: 2, person: person(2, '林晓川', 'Lin Xiaochuan'), kind: 'dual_head', river_id: null, water_zh: '', water_en: '', ...city, position: '市长' }),
  duty({ id: 3, person: person(3, '周文溪', 'Zhou Wenxi'), ...city, position: '副市长' }),
  duty({ id: 4, person: person(4, '何立', 'He Li'), stand_in: { person: person(9, '罗清', 'Luo Qing'), valid_from: '2026-11-01', valid_to: '2026-12-31' } }),
  duty({ id: 5, person: person(5, '邓雨桐', 'Deng Yutong'), kind: 'police_chief', position: '公安分局副局长' }),
  duty({ id: 6, person: person(6, '冉志远', 'Ran Zhiyuan'), ...town('柳镇', 'Willow Town') }),
  duty({ id: 7, person: person(7, '谭素', 'Tan Su'), ...town('石廊经济技术开发区管理委员会沿江街道', 'Riverside Subdistrict of the Shilang Economic and Technological Development Zone') }),
  duty({ id: 8, person: person(8, '向春澜', 'Xiang Chunlan'), kind: 'volunteer', ...town('柳镇', 'Willow Town'), position: '' }),
]
export const dutyFile = (id: number): T.DutyFile | undefined => {
  const row = duties.find((one) => one.id === id)
  const west = duty({ id: 14, person: person(14, '秦广平', 'Qin Guangping'), area_code: '500102', area_zh: '江西区', area_en: 'Jiangxi County' })
  return row && {
    ...row, may_change: true, superiors: id > 3 ? [duties[2]!] : [], upstream: [], downstream: id === 4 ? [west] : [],
    before: [duty({ id: 20, person: person(20, '曾建波', 'Zeng Jianbo'), valid_from: '2021-01-01', valid_to: '2024-02-29' })],
    stand_ins: row.stand_in ? [row.stand_in] : [],
  }
}
export const chief = (id: number): T.Chief => {
  const held = duties.filter((row) => row.person.id === id)
  const one = held[0] ?? duties[3]!
  return { person: one.person, phone: one.phone, active: true, duties: [...held, duty({ id: 30, person: one.person, water_zh: '石板沟', water_en: 'Flagstone Brook', valid_from: '2022-06-01', valid_to: '2024-02-29' })] }
}
const role = (id: number, name: string, valid_from: string, valid_to: string | null = null): T.RoleHeld => ({
  id, role: name, area_code: '500101', area_zh: '江东区', area_en: 'Jiangdong County', organisation_zh: '', organisation_en: '', valid_from, valid_to, now: valid_to === null,
})
export const accounts: T.Account[] = [
  { ...person(40, '蒋思源', 'Jiang Siyuan'), username: 'jiang', phone: '19900000040', active: true, last_login: '2026-11-28T01:20:00Z', roles: [role(1, 'county_office', '2024-01-01'), role(2, 'inspector', '2022-01-01', '2023-12-31')] },
  { ...person(41, '田立', 'Tian Li'), username: 'hz000041', phone: '19900000041', active: true, last_login: null, roles: [role(3, 'chief', '2025-01-06')] },
  { ...person(42, '龚清', 'Gong Qing'), username: 'gong', phone: '', active: false, last_login: '2025-03-02T08:00:00Z', roles: [role(4, 'town_office', '2023-01-01', '2025-03-31')] },
]
export const accountFile = (id: number): T.AccountFile | undefined => {
  const row = accounts.find((one) => one.id === id)
  return row && { ...row, may_change: id !== 41, second_factor: id === 40, linked: id === 40 }
}
