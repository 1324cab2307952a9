include(CMakeFindDependencyMacro)
find_dependency(OpenMP COMPONENTS CXX)
find_dependency(nlohmann_json)
include(${CMAKE_CURRENT_LIST_DIR}/glimpse-targets.cmake)
