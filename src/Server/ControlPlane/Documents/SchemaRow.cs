using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.Documents;

/// <summary>One member of a body as a line of a table. Immutable.</summary>
/// <param name="Path">Where it stands: <c>name</c>, <c>credits.cost</c>, <c>ratelimits[].name</c>.</param>
/// <param name="IsRequired">Whether the object that it belongs to must have it.</param>
/// <param name="Type">Its type and its bounds, in words.</param>
/// <param name="Description">What it means.</param>
internal sealed record SchemaRow(string Path, bool IsRequired, string Type, string Description)
{
    /// <summary>The members of a schema, those of inner objects behind the member that holds them.</summary>
    /// <param name="schema">An object or an array.</param>
    public static IEnumerable<SchemaRow> Of(SchemaNode schema) => Of(schema, "");

    /// <summary>Type and bounds of a schema, in words.</summary>
    public static string TypeOf(SchemaNode schema)
    {
        string type = schema.Kind switch
        {
            SchemaKind.Array => $"array of {TypeName(schema.Items!)}{Bounds(schema.ItemsMin, 0, schema.ItemsMax, int.MaxValue, "items")}",
            SchemaKind.String when schema.Values.Count > 0 => string.Join(" | ", schema.Values.Select(static value => $"\"{value}\"")),
            SchemaKind.String => "string" + Bounds(schema.LengthMin, 0, schema.LengthMax, int.MaxValue, "characters")
                + (schema.Pattern is { } pattern ? $", {pattern.Source}" : ""),
            SchemaKind.Integer => "integer" + Bounds(schema.Minimum, long.MinValue, schema.Maximum, long.MaxValue, ""),
            SchemaKind.Object => "object" + Bounds(0, 0, schema.PropertiesMax, int.MaxValue, "members"),
            _ => SchemaKindNames.Of(schema.Kind),
        };
        return schema.IsNullable ? type + ", or null" : type;
    }

    private static IEnumerable<SchemaRow> Of(SchemaNode schema, string prefix)
    {
        if (schema.Kind == SchemaKind.Array)
        {
            return Of(schema.Items!, prefix + "[]");
        }

        string start = prefix.Length == 0 ? "" : prefix + ".";
        return schema.Properties.SelectMany(property => Of(property.Schema, start + property.Name)
            .Prepend(new SchemaRow(start + property.Name, property.IsRequired, TypeOf(property.Schema), property.Schema.Description ?? "")));
    }

    private static string TypeName(SchemaNode items) => items.Kind is SchemaKind.Object or SchemaKind.Array ? SchemaKindNames.Of(items.Kind) + "s" : TypeOf(items);

    private static string Bounds(long least, long noLeast, long most, long noMost, string unit)
    {
        string? bounds = (least == noLeast, most == noMost) switch
        {
            (true, true) => null,
            (false, true) => Text(least) + " or more",
            (true, false) => "up to " + Text(most),
            _ => $"{Text(least)} to {Text(most)}",
        };
        return bounds is null ? "" : $", {bounds}{(unit.Length == 0 ? "" : " " + unit)}";
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
