// Unit tests of the extension's core: pure C++, no server. They run from the top of the checkout, for the
// lifecycles.
#define BOOST_TEST_MODULE curfew_core
#include <boost/test/unit_test.hpp>
