using System;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Text.Json;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.V1;

/// <summary>The query of a v1 read as the JSON object that a body would be, so that one validator and one binding serve both. Stateless, any thread.</summary>
internal static class V1Query
{
    /// <summary>Translates a query. Parameters that the schema does not name are left out.</summary>
    /// <param name="query">As sent, without the question mark.</param>
    /// <param name="schema">Schema of the object; says which parameters are numbers and truth values. Text that is neither stays text, and the
    /// validator refuses it. Of a repeated parameter the last one counts.</param>
    public static byte[] ToJson(string query, SchemaNode schema)
    {
        JsonBuffer buffer = JsonBuffer.Rent();
        try
        {
            Utf8JsonWriter writer = buffer.Writer;
            writer.WriteStartObject();
            foreach (string parameter in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
            {
                int equals = parameter.IndexOf('=', StringComparison.Ordinal);
                string name = WebUtility.UrlDecode(equals < 0 ? parameter : parameter[..equals]);
                if (schema.Properties.FirstOrDefault(property => property.Name == name) is { } known)
                {
                    writer.WritePropertyName(name);
                    WriteValue(writer, known.Schema.Kind, equals < 0 ? "" : WebUtility.UrlDecode(parameter[(equals + 1)..]));
                }
            }

            writer.WriteEndObject();
            return buffer.ToArray();
        }
        finally
        {
            buffer.Return();
        }
    }

    private static void WriteValue(Utf8JsonWriter writer, SchemaKind kind, string text)
    {
        if (kind == SchemaKind.Integer && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            writer.WriteNumberValue(number);
        }
        else if (kind == SchemaKind.Boolean && text is "true" or "false")
        {
            writer.WriteBooleanValue(text == "true");
        }
        else
        {
            writer.WriteStringValue(text);
        }
    }
}
