export { ModelList } from './model-list'
export { ModelsPage } from './models-page'
