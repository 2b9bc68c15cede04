using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;

namespace Unkey.Server.Storage;

/// <summary>Ids one by one, as one parameter. Immutable.</summary>
internal sealed class IdList : IIdSelection
{
    // So many that a statement is prepared seldom, so few that threads share them evenly.
    private const int IdsMax = 512;

    private readonly string _json;

    private IdList(string[] ids)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter writer = new(bytes))
        {
            writer.WriteStartArray();
            foreach (string id in ids)
            {
                writer.WriteStringValue(id);
            }

            writer.WriteEndArray();
        }

        _json = Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <inheritdoc/>
    public string[] Texts => [_json];

    /// <summary>Lists that together have all of some ids.</summary>
    public static IEnumerable<IIdSelection> Split(IEnumerable<string> ids) => ids.Chunk(IdsMax).Select(static part => new IdList(part));

    /// <inheritdoc/>
    public string Condition(string column) => $"{column} IN (SELECT value FROM json_each(?1))";
}
