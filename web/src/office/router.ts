import { watch } from 'vue'
import { createRouter, createWebHistory, type RouteLocationNormalized } from 'vue-router'
import { i18n } from '@/shared/i18n'
import { useCodes } from '@/shared/codes'
import { useLive } from '@/shared/live/store'
import { useSession } from '@/shared/session'

declare module 'vue-router' {
  interface RouteMeta {
    /** Locale key of the page's title. */
    title: string
    /** Open without signing in. */
    open?: boolean
    /** The main navigation entry this page belongs to. */
    section?: string
  }
}

const numbered = (route: RouteLocationNormalized) => ({ id: Number(route.params.id) })

export const router = createRouter({
  history: createWebHistory(),
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  routes: [
    { path: '/', redirect: '/map' },
    { path: '/login', name: 'sign-in', component: () => import('./pages/SignInPage.vue'), meta: { title: 'signIn.title', open: true } },
    { path: '/login/return', name: 'sign-in-return', component: () => import('./pages/SignInReturnPage.vue'), meta: { title: 'signIn.title', open: true } },
    { path: '/account', name: 'account', component: () => import('./pages/AccountPage.vue'), meta: { title: 'account.title' } },
    { path: '/map', name: 'map', component: () => import('./pages/MapPage.vue'), meta: { title: 'nav.map', section: 'map' } },
    {
      path: '/events/:id(\\d+)?',
      name: 'events',
      component: () => import('./pages/EventsPage.vue'),
      props: (route) => ({ id: route.params.id ? Number(route.params.id) : null }),
      meta: { title: 'nav.events', section: 'events' },
    },
    { path: '/duty/:view(roster|log)?', name: 'duty', component: () => import('./pages/DutyPage.vue'), props: (route) => ({ view: route.params.view || 'desk', id: null }), meta: { title: 'nav.duty', section: 'duty' } },
    { path: '/duty/alarms/:id(\\d+)', name: 'duty-alarm', component: () => import('./pages/DutyPage.vue'), props: (route) => ({ view: 'desk', id: Number(route.params.id) }), meta: { title: 'nav.duty', section: 'duty' } },
    { path: '/traces/:id(\\d+)', name: 'trace', component: () => import('./pages/TracePage.vue'), props: numbered, meta: { title: 'trace.title', section: 'events' } },
    { path: '/rain', name: 'rain', component: () => import('./pages/RainPage.vue'), meta: { title: 'rain.title', section: 'rain' } },
    { path: '/review/:id(\\d+)?', name: 'review', component: () => import('./pages/ReviewPage.vue'), props: (route) => ({ id: route.params.id ? Number(route.params.id) : null }), meta: { title: 'review.title', section: 'review' } },
    { path: '/sources', name: 'sources', component: () => import('./pages/SourcesPage.vue'), meta: { title: 'sources.title', section: 'import' } },
    { path: '/quarantine', name: 'quarantine', component: () => import('./pages/QuarantinePage.vue'), meta: { title: 'quarantine.title', section: 'quarantine' } },
    { path: '/fleet', name: 'fleet', component: () => import('./pages/FleetPage.vue'), meta: { title: 'fleet.title', section: 'fleet' } },
    { path: '/clues', name: 'clues', component: () => import('./pages/CluesPage.vue'), meta: { title: 'nav.clues', section: 'clues' } },
    { path: '/clues/new', name: 'clue-new', component: () => import('./pages/ClueRegisterPage.vue'), meta: { title: 'clueNew.title', section: 'clues' } },
    { path: '/clues/:id(\\d+)', name: 'clue', component: () => import('./pages/CluePage.vue'), props: numbered, meta: { title: 'clue.title', section: 'clues' } },
    { path: '/problems', name: 'problems', component: () => import('./pages/LedgerPage.vue'), meta: { title: 'nav.ledger', section: 'problems' } },
    { path: '/problems/excel/:view(import|exchange)?', name: 'ledger-excel', component: () => import('./pages/LedgerExcelPage.vue'), props: (route) => ({ view: route.params.view || '' }), meta: { title: 'excel.title', section: 'problems' } },
    { path: '/problems/:id(\\d+)', name: 'problem', component: () => import('./pages/ProblemPage.vue'), props: numbered, meta: { title: 'problem.title', section: 'problems' } },
    { path: '/figures', name: 'figures', component: () => import('./pages/FiguresPage.vue'), meta: { title: 'figures.title', section: 'problems' } },
    { path: '/campaigns/:id(\\d+)?', name: 'campaigns', component: () => import('./pages/CampaignsPage.vue'), props: (route) => ({ id: route.params.id ? Number(route.params.id) : null }), meta: { title: 'campaign.title', section: 'problems' } },
    { path: '/remediation', name: 'remediation', component: () => import('./pages/RemediationPage.vue'), meta: { title: 'remediation.title', section: 'problems' } },
    { path: '/packs', name: 'packs', component: () => import('./pages/PacksPage.vue'), meta: { title: 'packs.title', section: 'problems' } },
    { path: '/outfalls/:id(\\d+)', name: 'outfall', component: () => import('./pages/OutfallPage.vue'), props: numbered, meta: { title: 'outfall.title', section: 'map' } },
    { path: '/documents', name: 'documents', component: () => import('./pages/DocumentsPage.vue'), meta: { title: 'documents.title', section: 'documents' } },
    { path: '/documents/:id(\\d+)', name: 'document', component: () => import('./pages/DocumentPage.vue'), props: numbered, meta: { title: 'documents.one', section: 'documents' } },
    { path: '/stations/:id(\\d+)', name: 'station', component: () => import('./pages/StationPage.vue'), props: numbered, meta: { title: 'station.title', section: 'map' } },
    { path: '/sitings/:id(\\d+)?', name: 'siting', component: () => import('./pages/SitingPage.vue'), props: (route) => ({ id: route.params.id ? Number(route.params.id) : null }), meta: { title: 'siting.title', section: 'map' } },
    { path: '/sampling', name: 'sampling', component: () => import('./pages/SamplingPage.vue'), meta: { title: 'sampling.title', section: 'sampling' } },
    { path: '/sampling/:id(\\d+)', name: 'sampling-round', component: () => import('./pages/SamplingRoundPage.vue'), props: numbered, meta: { title: 'sampling.round', section: 'sampling' } },
    {
      path: '/people/:view(duties|accounts)?/:id(\\d+)?',
      name: 'people',
      component: () => import('./pages/PeoplePage.vue'),
      props: (route) => ({ view: route.params.view || 'duties', id: route.params.id ? Number(route.params.id) : null }),
      meta: { title: 'people.title', section: 'people' },
    },
    { path: '/inbox', name: 'inbox', component: () => import('./pages/InboxPage.vue'), meta: { title: 'nav.inbox', section: 'inbox' } },
    { path: '/import', name: 'import', component: () => import('./pages/ImportPage.vue'), meta: { title: 'nav.import', section: 'import' } },
    { path: '/:rest(.*)*', name: 'not-found', component: () => import('./pages/NotFoundPage.vue'), meta: { title: 'notFound.title', open: true } },
  ],
})

router.beforeEach(async (to) => {
  const session = useSession()
  if (to.meta.open && to.name !== 'sign-in') return true
  if (!session.known) await session.load()
  if (to.name === 'sign-in') return session.user ? { path: '/map' } : true
  if (!session.user) return { name: 'sign-in', query: to.fullPath === '/map' ? {} : { to: to.fullPath } }
  const codes = useCodes()
  if (codes.basins.length === 0) await codes.load()
  useLive().start()
  return true
})

export function setTitle(text: string): void {
  document.title = `${text} · ${i18n.global.t('app.name')}`
}

router.afterEach((to) => setTitle(i18n.global.t(to.meta.title)))
// Pages about one record name it themselves; the others follow the language.
watch(i18n.global.locale, () => {
  const { meta, params } = router.currentRoute.value
  if (!params.id) setTitle(i18n.global.t(meta.title))
})
