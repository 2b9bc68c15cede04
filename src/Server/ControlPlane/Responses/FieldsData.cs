using System.Text.Json;

namespace Unkey.Server.ControlPlane.Responses;

/// <summary>A flat object of texts, such as the ids that creations answer with. Immutable.</summary>
/// <param name="fields">Names and values in order.</param>
internal sealed class FieldsData(params (string Name, string Value)[] fields) : IResponseData
{
    /// <inheritdoc/>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach ((string name, string value) in fields)
        {
            writer.WriteString(name, value);
        }

        writer.WriteEndObject();
    }
}
