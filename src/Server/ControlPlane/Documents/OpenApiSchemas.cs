using System;
using System.Collections.Generic;
using System.Text.Json;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.Documents;

/// <summary>Writes schemas in the words of JSON Schema 2020-12, named ones as references. Used by one thread for one document.</summary>
/// <param name="writer">Where the document is written.</param>
internal sealed class OpenApiSchemas(Utf8JsonWriter writer)
{
    private readonly SortedDictionary<string, SchemaNode> _components = new(StringComparer.Ordinal);

    /// <summary>Writes one schema.</summary>
    /// <param name="node">The schema; a named one is kept for <see cref="WriteComponents"/>.</param>
    public void Write(SchemaNode node)
    {
        if (node.Component is null)
        {
            WriteOut(node);
            return;
        }

        Keep(node.WithoutNull());
        writer.WriteStartObject();
        if (node.IsNullable)
        {
            writer.WriteStartArray("anyOf");
            writer.WriteStartObject();
            WriteReference(node.Component);
            writer.WriteEndObject();
            writer.WriteStartObject();
            writer.WriteString("type", "null");
            writer.WriteEndObject();
            writer.WriteEndArray();
        }
        else
        {
            WriteReference(node.Component);
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes every named schema that was referred to, and those that they refer to, as members of an open object.</summary>
    public void WriteComponents()
    {
        HashSet<string> written = [];

        // BOUND: each turn writes a component that was not written before, and writing one may only add those that it contains.
        while (Next(written) is { } name)
        {
            writer.WritePropertyName(name);
            WriteOut(_components[name]);
        }
    }

    private string? Next(HashSet<string> written)
    {
        foreach (string name in _components.Keys)
        {
            if (written.Add(name))
            {
                return name;
            }
        }

        return null;
    }

    private void Keep(SchemaNode node)
    {
        if (!_components.TryAdd(node.Component!, node) && _components[node.Component!] != node)
        {
            throw new InvalidOperationException($"Two schemas are named {node.Component}.");
        }
    }

    private void WriteReference(string component) => writer.WriteString("$ref", "#/components/schemas/" + component);

    private void WriteOut(SchemaNode node)
    {
        writer.WriteStartObject();
        WriteType(node);
        if (node.Description is { } description)
        {
            writer.WriteString("description", description);
        }

        switch (node.Kind)
        {
            case SchemaKind.Object:
                WriteObject(node);
                break;
            case SchemaKind.Array:
                writer.WritePropertyName("items");
                Write(node.Items!);
                WriteBound("minItems", node.ItemsMin, 0);
                WriteBound("maxItems", node.ItemsMax, int.MaxValue);
                break;
            case SchemaKind.String:
                WriteString(node);
                break;
            case SchemaKind.Integer:
                writer.WriteString("format", "int64");
                WriteBound("minimum", node.Minimum, long.MinValue);
                WriteBound("maximum", node.Maximum, long.MaxValue);
                break;
            default:
                break;
        }

        writer.WriteEndObject();
    }

    private void WriteType(SchemaNode node)
    {
        string name = SchemaKindNames.Of(node.Kind);
        if (!node.IsNullable)
        {
            writer.WriteString("type", name);
            return;
        }

        writer.WriteStartArray("type");
        writer.WriteStringValue(name);
        writer.WriteStringValue("null");
        writer.WriteEndArray();
    }

    private void WriteObject(SchemaNode node)
    {
        if (node.Properties.Count > 0)
        {
            writer.WriteStartObject("properties");
            foreach (SchemaProperty property in node.Properties)
            {
                writer.WritePropertyName(property.Name);
                Write(property.Schema);
            }

            writer.WriteEndObject();
        }

        WriteRequired(node);
        WriteBound("maxProperties", node.PropertiesMax, int.MaxValue);
        if (node.IsClosed)
        {
            writer.WriteBoolean("additionalProperties", false);
        }
    }

    private void WriteRequired(SchemaNode node)
    {
        bool isOpen = false;
        foreach (SchemaProperty property in node.Properties)
        {
            if (property.IsRequired)
            {
                if (!isOpen)
                {
                    writer.WriteStartArray("required");
                    isOpen = true;
                }

                writer.WriteStringValue(property.Name);
            }
        }

        if (isOpen)
        {
            writer.WriteEndArray();
        }
    }

    private void WriteString(SchemaNode node)
    {
        WriteBound("minLength", node.LengthMin, 0);
        WriteBound("maxLength", node.LengthMax, int.MaxValue);
        if (node.Pattern is { } pattern)
        {
            writer.WriteString("pattern", pattern.Source);
        }

        if (node.Values.Count > 0)
        {
            writer.WriteStartArray("enum");
            foreach (string value in node.Values)
            {
                writer.WriteStringValue(value);
            }

            if (node.IsNullable)
            {
                writer.WriteNullValue();
            }

            writer.WriteEndArray();
        }
    }

    private void WriteBound(string keyword, long bound, long none)
    {
        if (bound != none)
        {
            writer.WriteNumber(keyword, bound);
        }
    }
}
