// Unit tests of the front: everything but its two libraries' files, without a server.
#define BOOST_TEST_MODULE curfew_fcgi
#include <boost/test/unit_test.hpp>
