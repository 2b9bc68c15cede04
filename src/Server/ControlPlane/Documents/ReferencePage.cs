using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Unkey.Server.ControlPlane.Responses;
using Unkey.Server.ControlPlane.Schema;

namespace Unkey.Server.ControlPlane.Documents;

/// <summary>Writes the API for people: one HTML page without a script and without anything from elsewhere. Used by one thread for one page.</summary>
internal sealed class ReferencePage
{
    private const string Style = """
        :root{color-scheme:light dark;--line:#d5d9e0;--dim:#5b6472;--back:#f5f6f8;--link:#0b57d0}
        @media(prefers-color-scheme:dark){:root{--line:#3a404b;--dim:#a0a8b5;--back:#1d2127;--link:#8ab4f8}}
        body{margin:0;font:16px/1.5 system-ui,sans-serif;display:grid;grid-template-columns:17rem minmax(0,1fr)}
        nav{position:sticky;top:0;height:100vh;overflow:auto;box-sizing:border-box;padding:1.5rem 1rem;border-right:1px solid var(--line);font-size:.875rem}
        nav ul{list-style:none;margin:0 0 1rem;padding:0}
        main{padding:1.5rem 2rem;max-width:60rem}
        a{color:var(--link)}nav a{text-decoration:none}
        h2{margin-top:3rem;border-bottom:1px solid var(--line)}h3{margin:2.5rem 0 .25rem}h4{margin:1rem 0 .25rem}
        code,pre{font:.875em/1.5 ui-monospace,monospace}
        pre{background:var(--back);padding:.75rem;border-radius:.25rem;white-space:pre-wrap;overflow-wrap:anywhere}
        table{border-collapse:collapse;width:100%;font-size:.875rem}
        td,th{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
        td:first-child{width:32%}td:nth-child(2){width:28%;color:var(--dim)}
        .dim{color:var(--dim)}
        @media(max-width:50rem){body{display:block}nav{position:static;height:auto;border:0;columns:2}main{padding:1rem}}
        """;

    private readonly StringBuilder _html = new();

    private ReferencePage()
    {
    }

    /// <summary>Makes the page.</summary>
    /// <param name="api">What to write.</param>
    /// <param name="contentSecurityPolicy">The policy to serve it with: nothing is loaded or run, and the style is this one.</param>
    /// <returns>UTF-8 HTML.</returns>
    public static byte[] Write(ApiDescription api, out string contentSecurityPolicy)
    {
        string hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)));
        contentSecurityPolicy = $"default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        ReferencePage page = new();
        page.WriteAll(api);
        return Encoding.UTF8.GetBytes(page._html.ToString());
    }

    private static string Encoded(string text) => HtmlEncoder.Default.Encode(text);

    private void WriteAll(ApiDescription api)
    {
        _html.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>")
            .Append(ApiDescription.Title).Append(" API reference</title>\n<style>").Append(Style).Append("</style>\n</head>\n<body>\n");
        WriteNavigation(api);
        _html.Append("<main>\n<h1>").Append(ApiDescription.Title).Append(" <span class=\"dim\">").Append(Encoded(api.Version)).Append("</span></h1>\n");
        foreach (string paragraph in ApiDescription.Introduction)
        {
            Paragraph(paragraph);
        }

        _html.Append("<p>For programs: <a href=\"/openapi.json\">/openapi.json</a> (OpenAPI 3.1).</p>\n");
        foreach (OperationGroup group in ApiDescription.Groups)
        {
            WriteGroupHead(group);
            foreach (DescribedOperation operation in Members(api, group))
            {
                WriteOperation(operation);
            }
        }

        WriteGroupHead(ApiDescription.LivenessGroup);
        Heading("GET " + ApiDescription.LivenessPath, ApiDescription.NameOf(ApiDescription.LivenessPath) + ".get");
        Paragraph(ApiDescription.LivenessSummary);
        WriteAnswer(ApiDescription.LivenessData);
        WriteCommonRefusals();
        _html.Append("</main>\n</body>\n</html>\n");
    }

    private void WriteNavigation(ApiDescription api)
    {
        _html.Append("<nav aria-label=\"Operations\">\n");
        foreach (OperationGroup group in ApiDescription.Groups)
        {
            NavigationGroup(group.Name, Members(api, group).Select(static operation => ApiDescription.NameOf(operation.Path)));
        }

        NavigationGroup(ApiDescription.LivenessGroup.Name, []);
        NavigationGroup("refusals", []);
        _html.Append("</nav>\n");
    }

    private void NavigationGroup(string name, IEnumerable<string> operations)
    {
        _html.Append("<a href=\"#").Append(name).Append("\"><b>").Append(name).Append("</b></a>\n<ul>\n");
        foreach (string operation in operations)
        {
            _html.Append("<li><a href=\"#").Append(operation).Append("\">").Append(operation[(name.Length + 1)..]).Append("</a></li>\n");
        }

        _html.Append("</ul>\n");
    }

    private void WriteGroupHead(OperationGroup group)
    {
        _html.Append("<h2 id=\"").Append(group.Name).Append("\">").Append(group.Name).Append("</h2>\n");
        Paragraph(group.Description);
    }

    private void WriteOperation(DescribedOperation operation)
    {
        OperationDescription description = operation.Description;
        Heading("POST " + operation.Path, ApiDescription.NameOf(operation.Path));
        Paragraph(description.Details is { } details ? description.Summary + " " + details : description.Summary);
        _html.Append("<p>Permissions: ").AppendJoin(", ", description.Permissions.Select(static permission => $"<code>{Encoded(permission)}</code>"))
            .Append("</p>\n<pre>").Append(Encoded(description.Example)).Append("</pre>\n");
        WriteRows(SchemaRow.Of(operation.Body));
        WriteAnswer(description.Data);
        if (description.Refusals.Count > 0)
        {
            _html.Append("<h4>Refusals</h4>\n");
            WriteRefusals(description.Refusals);
        }
    }

    private void WriteAnswer(SchemaNode? data)
    {
        _html.Append("<h4>Answer</h4>\n");
        if (data is null)
        {
            Paragraph("Only meta; there is no data.");
            return;
        }

        SchemaRow[] rows = [.. SchemaRow.Of(data)];
        Paragraph($"data: {(rows.Length == 0 ? "{}" : SchemaRow.TypeOf(data))}{(data.Description is { } text ? ". " + text : "")}");
        WriteRows(rows);
    }

    private void WriteRows(IEnumerable<SchemaRow> rows)
    {
        StringBuilder lines = new();
        foreach (SchemaRow row in rows)
        {
            lines.Append("<tr><td><code>").Append(Encoded(row.Path)).Append("</code>").Append(row.IsRequired ? "" : " <span class=\"dim\">optional</span>")
                .Append("</td><td>").Append(Encoded(row.Type)).Append("</td><td>").Append(Encoded(row.Description)).Append("</td></tr>\n");
        }

        if (lines.Length > 0)
        {
            _html.Append("<table>\n<tr><th>Member</th><th>Type</th><th>Meaning</th></tr>\n").Append(lines).Append("</table>\n");
        }
    }

    private void WriteCommonRefusals()
    {
        WriteGroupHead(new OperationGroup("refusals", "What every operation may answer instead. error.status is the HTTP status, error.type starts with "
            + ErrorCode.TypePrefix + " and ends as below; 400, 408 and 413 carry error.errors as well."));
        WriteRefusals(ApiDescription.CommonRefusals);
    }

    private void WriteRefusals(IEnumerable<ErrorCode> codes)
    {
        _html.Append("<table>\n<tr><th>Type</th><th>Status</th><th>Title</th></tr>\n");
        foreach (ErrorCode code in codes.OrderBy(static code => code.Status))
        {
            _html.Append("<tr><td><code>").Append(code.Suffix).Append("</code></td><td>").Append(code.Status).Append("</td><td>").Append(code.Title).Append("</td></tr>\n");
        }

        _html.Append("</table>\n");
    }

    private void Heading(string text, string id) =>
        _html.Append("<h3 id=\"").Append(id).Append("\"><code>").Append(text).Append("</code></h3>\n");

    private void Paragraph(string text) => _html.Append("<p>").Append(Encoded(text)).Append("</p>\n");

    private static IEnumerable<DescribedOperation> Members(ApiDescription api, OperationGroup group) =>
        api.Operations.Where(operation => ApiDescription.GroupOf(operation.Path) == group.Name);
}
