using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;

namespace Unkey.Server.ControlPlane.Schema;

/// <summary>Checks a parsed body against a <see cref="SchemaNode"/> and reports every violation. Stateless, any thread.</summary>
/// <remarks>Recursion follows the schema, which is static and shallow; open parts of the body are not descended into.
/// Locations and messages follow the JSON-schema library of the reference, because its tests and users read them.</remarks>
internal static class SchemaValidator
{
    private const int NamesShownMax = 10;
    private const int NameCharsShownMax = 64;

    /// <summary>Validates a body.</summary>
    /// <param name="schema">The endpoint's schema.</param>
    /// <param name="body">The root value of a document made by <see cref="JsonBody"/>, so its strings are well-formed.</param>
    public static SchemaReport Validate(SchemaNode schema, JsonElement body)
    {
        SchemaReport report = new();
        Check(schema, body, "", report);
        return report;
    }

    private static void Check(SchemaNode schema, JsonElement value, string location, SchemaReport report)
    {
        if (report.IsFull || (value.ValueKind == JsonValueKind.Null && schema.IsNullable))
        {
            return;
        }

        if (!HasKind(schema.Kind, value))
        {
            report.Add(location, "type", $"got {KindName(value.ValueKind)}, want {(schema.IsNullable ? "null or " : "")}{SchemaKindNames.Of(schema.Kind)}");
            return;
        }

        switch (schema.Kind)
        {
            case SchemaKind.Object:
                CheckObject(schema, value, location, report);
                break;
            case SchemaKind.Array:
                CheckArray(schema, value, location, report);
                break;
            case SchemaKind.String:
                CheckString(schema, value.GetString()!, location, report);
                break;
            case SchemaKind.Integer:
                CheckInteger(schema, value, location, report);
                break;
            default:
                break;
        }
    }

    private static void CheckObject(SchemaNode schema, JsonElement value, string location, SchemaReport report)
    {
        if (schema.PropertiesMax != int.MaxValue)
        {
            int count = CountDistinct(value);
            if (count > schema.PropertiesMax)
            {
                report.Add(location, "maxProperties", $"maxProperties: got {count}, want {schema.PropertiesMax}");
            }
        }

        List<string>? missing = null;
        foreach (SchemaProperty property in schema.Properties)
        {
            if (value.TryGetProperty(property.NameUtf8, out JsonElement member))
            {
                Check(property.Schema, member, location + "/properties/" + property.Name, report);
            }
            else if (property.IsRequired)
            {
                (missing ??= []).Add(property.Name);
            }
        }

        if (missing is not null)
        {
            report.Add(location, "required", Listing("missing property ", "missing properties ", missing, ""), missing[0]);
        }

        if (schema.IsClosed && UndescribedNames(schema, value) is { } undescribed)
        {
            report.Add(location, "additionalProperties", Listing("additional property ", "additional properties ", undescribed, " not allowed"));
        }
    }

    private static void CheckArray(SchemaNode schema, JsonElement value, string location, SchemaReport report)
    {
        int count = value.GetArrayLength();
        if (count < schema.ItemsMin)
        {
            report.Add(location, "minItems", $"minItems: got {count}, want {schema.ItemsMin}");
        }

        if (count > schema.ItemsMax)
        {
            report.Add(location, "maxItems", $"maxItems: got {count}, want {schema.ItemsMax}");
        }

        if (schema.Items is { } items)
        {
            string itemLocation = location + "/items";
            int index = 0;
            foreach (JsonElement item in value.EnumerateArray())
            {
                if (report.IsFull)
                {
                    return;
                }

                report.EnterItem(index++);
                Check(items, item, itemLocation, report);
                report.LeaveItem();
            }
        }
    }

    private static void CheckString(SchemaNode schema, string text, string location, SchemaReport report)
    {
        int length = CodePoints(text);
        if (length < schema.LengthMin)
        {
            report.Add(location, "minLength", $"minLength: got {length}, want {schema.LengthMin}");
        }

        if (length > schema.LengthMax)
        {
            report.Add(location, "maxLength", $"maxLength: got {length}, want {schema.LengthMax}");
        }

        if (schema.Pattern is { } pattern && !pattern.IsMatch(text))
        {
            report.Add(location, "pattern", $"pattern: value does not match {pattern.Source}");
        }

        if (schema.Values.Count > 0 && !Contains(schema.Values, text))
        {
            report.Add(location, "enum", $"value must be one of '{string.Join("', '", schema.Values)}'");
        }
    }

    private static void CheckInteger(SchemaNode schema, JsonElement value, string location, SchemaReport report)
    {
        if (value.TryGetInt64(out long exact))
        {
            if (exact < schema.Minimum)
            {
                report.Add(location, "minimum", $"minimum: got {exact}, want {schema.Minimum}");
            }

            if (exact > schema.Maximum)
            {
                report.Add(location, "maximum", $"maximum: got {exact}, want {schema.Maximum}");
            }

            return;
        }

        // An integral number in another spelling or range: the bounds hold for it, and then it does not bind.
        report.HasUnbindableInteger = true;
        double approximate = value.GetDouble();
        if (schema.Minimum != long.MinValue && approximate < schema.Minimum)
        {
            report.Add(location, "minimum", $"minimum: got {approximate:R}, want {schema.Minimum}");
        }

        if (schema.Maximum != long.MaxValue && approximate > schema.Maximum)
        {
            report.Add(location, "maximum", $"maximum: got {approximate:R}, want {schema.Maximum}");
        }
    }

    private static bool HasKind(SchemaKind kind, JsonElement value) => kind switch
    {
        SchemaKind.Object => value.ValueKind == JsonValueKind.Object,
        SchemaKind.Array => value.ValueKind == JsonValueKind.Array,
        SchemaKind.String => value.ValueKind == JsonValueKind.String,
        SchemaKind.Integer => value.ValueKind == JsonValueKind.Number && IsIntegral(value),
        SchemaKind.Boolean => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    private static bool IsIntegral(JsonElement value)
    {
        if (value.TryGetInt64(out _))
        {
            return true;
        }

        // Beyond the 28 digits of decimal no fraction can be told apart any more, and the value cannot bind either way.
        return value.TryGetDecimal(out decimal exact) ? exact == decimal.Truncate(exact) : IsIntegralDouble(value);
    }

    private static bool IsIntegralDouble(JsonElement value) =>
        value.TryGetDouble(out double approximate) && (double.IsInfinity(approximate) || approximate == Math.Truncate(approximate));

    private static int CodePoints(string text)
    {
        int count = text.Length;
        foreach (char unit in text)
        {
            if (char.IsLowSurrogate(unit))
            {
                count--;
            }
        }

        return count;
    }

    private static int CountDistinct(JsonElement value)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (JsonProperty member in value.EnumerateObject())
        {
            names.Add(member.Name);
        }

        return names.Count;
    }

    private static List<string>? UndescribedNames(SchemaNode schema, JsonElement value)
    {
        List<string>? names = null;
        foreach (JsonProperty member in value.EnumerateObject())
        {
            if (!IsDescribed(schema, member))
            {
                string name = member.Name;
                (names ??= []).Add(name.Length <= NameCharsShownMax ? name : name[..NameCharsShownMax] + "…");

                // BOUND: names of the client's choice are shown up to a small number.
                if (names.Count == NamesShownMax)
                {
                    break;
                }
            }
        }

        return names;
    }

    private static bool IsDescribed(SchemaNode schema, JsonProperty member)
    {
        foreach (SchemaProperty property in schema.Properties)
        {
            if (member.NameEquals(property.NameUtf8))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Contains(IReadOnlyList<string> values, string text)
    {
        foreach (string value in values)
        {
            if (value == text)
            {
                return true;
            }
        }

        return false;
    }

    private static string Listing(string singular, string plural, List<string> names, string suffix)
    {
        StringBuilder text = new(names.Count == 1 ? singular : plural);
        for (int i = 0; i < names.Count; i++)
        {
            text.Append(i == 0 ? "'" : ", '").Append(names[i]).Append('\'');
        }

        return text.Append(suffix).ToString();
    }

    private static string KindName(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Null => "null",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };
}
