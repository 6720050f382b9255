#include "json.hpp"

namespace curfew {

JsonNode JsonNode::of_datum(Datum datum) {
    Jsonb* jsonb = DatumGetJsonbP(datum);
    JsonbContainer* root = &jsonb->root;
    if (JsonContainerIsScalar(root))
        return of_value(getIthJsonbValueFromContainer(root, 0));
    JsonNode node;
    node.kind_ = JsonContainerIsObject(root) ? Kind::object : Kind::array;
    node.container_ = root;
    return node;
}

JsonNode JsonNode::of_value(const JsonbValue* value) {
    JsonNode node;
    if (value == nullptr)
        return node;
    switch (value->type) {
    case jbvNull:
        node.kind_ = Kind::null;
        break;
    case jbvString:
        node.kind_ = Kind::text;
        node.text_ = text_of(*value);
        break;
    case jbvNumeric:
        node.kind_ = Kind::number;
        node.number_ = value->val.numeric;
        break;
    case jbvBool:
        node.kind_ = Kind::boolean;
        node.bool_ = value->val.boolean;
        break;
    case jbvBinary:
        node.container_ = value->val.binary.data;
        node.kind_ = JsonContainerIsObject(node.container_) ? Kind::object : Kind::array;
        break;
    default:
        elog(ERROR, "unexpected jsonb value of type %d", static_cast<int>(value->type));
    }
    return node;
}

JsonNode JsonNode::Member(std::string_view key) const {
    if (!IsObject())
        return {};
    return of_value(getKeyJsonValueFromContainer(container_, key.data(), static_cast<int>(key.size()), nullptr));
}

JsonbValue JsonNode::ToScalar() const {
    JsonbValue value;
    value.type = jbvNull;
    if (IsText()) {
        value.type = jbvString;
        value.val.string.val = const_cast<char*>(text_.data());
        value.val.string.len = static_cast<int>(text_.size());
    } else if (IsNumber()) {
        value.type = jbvNumeric;
        value.val.numeric = number_;
    } else if (IsBool()) {
        value.type = jbvBool;
        value.val.boolean = bool_;
    }
    return value;
}

Datum JsonNode::to_datum() const {
    JsonbValue value = ToScalar();
    if (!IsObject() && !IsArray())
        return PointerGetDatum(JsonbValueToJsonb(&value));
    JsonbParseState* state = nullptr;
    JsonbIterator* iterator = JsonbIteratorInit(container_);
    JsonbValue* result = nullptr;
    while (JsonbIteratorToken token = JsonbIteratorNext(&iterator, &value, false))
        result = pushJsonbValue(&state, token, token < WJB_BEGIN_ARRAY ? &value : nullptr);
    return PointerGetDatum(JsonbValueToJsonb(result));
}

Whole WholeNumber(Numeric number, int64* whole) {
    char* text = numeric_normalize(number); // "12", "1.5", "NaN"
    char* end = nullptr;
    errno = 0;
    *whole = strtoll(text, &end, 10);
    if (end == text || *end != '\0')
        return Whole::no;
    return errno == 0 ? Whole::yes : Whole::beyond;
}

} // namespace curfew
