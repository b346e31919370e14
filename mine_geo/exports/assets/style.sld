<?xml version="1.0" encoding="UTF-8"?>
{# Lengths are pixels. A rule without filter fits everything. #}
{% macro equal(column, value) %}
<ogc:PropertyIsEqualTo><ogc:PropertyName>{{ column }}</ogc:PropertyName><ogc:Literal>{{ value | literal }}</ogc:Literal></ogc:PropertyIsEqualTo>
{%- endmacro %}
{% macro any_of(condition) %}
{% if condition["values"] | length > 1 %}
<ogc:Or>
{%- for value in condition["values"] %}
{{ equal(condition.column, value) -}}
{% endfor %}
</ogc:Or>
{%- else %}
{{ equal(condition.column, condition["values"][0]) -}}
{% endif %}
{% endmacro %}
{% macro holds(condition) %}
{% if condition.others %}
<ogc:Or><ogc:PropertyIsNull><ogc:PropertyName>{{ condition.column }}</ogc:PropertyName></ogc:PropertyIsNull><ogc:Not>{{ any_of(condition) }}</ogc:Not></ogc:Or>
{%- else %}
{{ any_of(condition) -}}
{% endif %}
{% endmacro %}
{% macro stroke(symbol) %}
<se:Stroke>
            <se:SvgParameter name="stroke">{{ symbol.line }}</se:SvgParameter>
            <se:SvgParameter name="stroke-opacity">{{ symbol.line_opacity }}</se:SvgParameter>
            <se:SvgParameter name="stroke-width">{{ symbol.weight }}</se:SvgParameter>
{% if symbol.dashes %}
            <se:SvgParameter name="stroke-dasharray">{{ symbol.dashes | join(" ") }}</se:SvgParameter>
{% endif %}
          </se:Stroke>
{%- endmacro %}
{% macro fill(symbol) %}
<se:Fill>
            <se:SvgParameter name="fill">{{ symbol.fill }}</se:SvgParameter>
            <se:SvgParameter name="fill-opacity">{{ symbol.fill_opacity }}</se:SvgParameter>
          </se:Fill>
{%- endmacro %}
<StyledLayerDescriptor version="1.1.0" xmlns="http://www.opengis.net/sld" xmlns:ogc="http://www.opengis.net/ogc" xmlns:se="http://www.opengis.net/se">
  <NamedLayer>
    <se:Name>{{ layer }}</se:Name>
    <UserStyle>
      <se:Name>{{ style.name }}</se:Name>
      <se:FeatureTypeStyle>
{% for rule in style.rules %}
        <se:Rule>
          <se:Name>{{ rule.label }}</se:Name>
{% if rule.conditions | length > 1 %}
          <ogc:Filter><ogc:And>{% for condition in rule.conditions %}{{ holds(condition) }}{% endfor %}</ogc:And></ogc:Filter>
{% elif rule.conditions %}
          <ogc:Filter>{{ holds(rule.conditions[0]) }}</ogc:Filter>
{% endif %}
{% if style.geometry == "marker" %}
          <se:PointSymbolizer><se:Graphic><se:Mark><se:WellKnownName>circle</se:WellKnownName>{{ fill(rule.symbol) }}</se:Mark><se:Size>4</se:Size></se:Graphic></se:PointSymbolizer>
{% elif style.geometry == "line" %}
          <se:LineSymbolizer>{{ stroke(rule.symbol) }}</se:LineSymbolizer>
{% else %}
          <se:PolygonSymbolizer>{% if rule.symbol.hatch %}<se:Fill><se:GraphicFill><se:Graphic><se:Mark><se:WellKnownName>{{ rule.symbol.hatch | mark }}</se:WellKnownName><se:Stroke><se:SvgParameter name="stroke">{{ hatch_color }}</se:SvgParameter><se:SvgParameter name="stroke-width">0.8</se:SvgParameter></se:Stroke></se:Mark><se:Size>{{ (hatch_points / 0.75) | int }}</se:Size></se:Graphic></se:GraphicFill></se:Fill>{% endif %}{% if rule.symbol.fill %}{{ fill(rule.symbol) }}{% endif %}{% if rule.symbol.line %}{{ stroke(rule.symbol) }}{% endif %}</se:PolygonSymbolizer>
{% endif %}
        </se:Rule>
{% endfor %}
{% if style.label %}
        <se:Rule>
          <se:MinScaleDenominator>{{ style.label.closest }}</se:MinScaleDenominator>
          <se:MaxScaleDenominator>{{ style.label.scale }}</se:MaxScaleDenominator>
          <se:TextSymbolizer>
            <se:Label><ogc:PropertyName>{{ style.label.columns[0] }}</ogc:PropertyName></se:Label>
            <se:Font><se:SvgParameter name="font-size">{{ (style.label.size / 0.75) | round(1) }}</se:SvgParameter></se:Font>
            <se:Halo><se:Radius>1.5</se:Radius><se:Fill><se:SvgParameter name="fill">#ffffff</se:SvgParameter></se:Fill></se:Halo>
            <se:Fill><se:SvgParameter name="fill">{{ style.label.color }}</se:SvgParameter></se:Fill>
          </se:TextSymbolizer>
        </se:Rule>
{% endif %}
      </se:FeatureTypeStyle>
    </UserStyle>
  </NamedLayer>
</StyledLayerDescriptor>
